"""What stands before every shell command of the workflow, so that `surp` in it is the right program.

Snakemake formats these texts as it does commands, so braces are doubled.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

_STRICT = "set -euo pipefail; export "


def beside(python: str) -> str:
    """The program of the environment that runs Snakemake, activated or not."""
    return f"{_STRICT}PATH={shlex.quote(str(Path(python).parent))}:$PATH; "


def from_sources(sources: Path) -> str:
    """In a conda environment of the rules' own, which has the libraries only."""
    return f"{_STRICT}PYTHONPATH={shlex.quote(str(sources))}; {_function(['python', '-m', 'surp'])}"


def by_client(python: str, client: Sequence[str]) -> str:
    """Another command that does the same (`surp.forkserver`)."""
    return f"{beside(python)}{_function(client)}"


def _function(words: Sequence[str]) -> str:
    return f'surp() {{{{ {shlex.join(words)} "$@"; }}}}; '
