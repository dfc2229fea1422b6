"""SIGTERM: what a cluster sends half a minute before it kills (time limit, preemption, cancellation)."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

EXIT_CODE = 128 + signal.SIGTERM


@contextmanager
def sigterm_noticed() -> Iterator[Callable[[], bool]]:
    """Yield a function that tells whether SIGTERM has come since; what it did before is put back at the end.

    Python lets only the main thread notice signals; in another one the function never says yes.
    """
    received = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield received.is_set
        return
    before = signal.signal(signal.SIGTERM, lambda number, frame: received.set())
    try:
        yield received.is_set
    finally:
        signal.signal(signal.SIGTERM, before)
