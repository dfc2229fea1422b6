"""Work in a child process that may be killed, begun where this one stands: torch is imported already."""

from __future__ import annotations

import os
import signal
import traceback
from collections.abc import Callable

import pytest

from surp.train.loop import Trainer


def run(work: Callable[[], object]) -> int:
    """Exit code of a fork that does `work`; -N where signal N ended it."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            work()
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def killed_after_epoch(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A training in a fork ends by SIGKILL when it has written the checkpoint of that epoch."""
    parent, save = os.getpid(), Trainer._save

    def killed_after_saving(self: Trainer, epoch: int, batch: int, seconds: float) -> None:
        save(self, epoch, batch, seconds)
        if epoch == number and os.getpid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)

    monkeypatch.setattr(Trainer, "_save", killed_after_saving)
