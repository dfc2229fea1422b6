"""Work in a child process that may be killed, begun where this one stands: torch is imported already."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable


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
