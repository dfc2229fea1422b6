"""The command `surp` within the test's process: to start one takes longer than most commands do."""

from __future__ import annotations

import contextlib
import io
import subprocess
import sys
from pathlib import Path
from unittest.mock import patch

from surp.cli import main


def surp(*arguments: object, cwd: Path | str = ".") -> subprocess.CompletedProcess[str]:
    """What `surp ARGUMENTS` typed in the folder `cwd` would write and return."""
    command = ["surp", *map(str, arguments)]
    code, out, err = 0, io.StringIO(), io.StringIO()
    streams = contextlib.redirect_stdout(out), contextlib.redirect_stderr(err)
    with streams[0], streams[1], contextlib.chdir(cwd), patch.object(sys, "argv", command):
        try:
            main()
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    return subprocess.CompletedProcess(command, code, out.getvalue(), err.getvalue())
