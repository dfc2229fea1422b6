"""nncodec as a peer of `measure.py`: the driver is the package's own, which the coder `nncodec` runs too.

Loaded by its path, since the environment of `make peers` has no `surp`, and its folder holds a module `nncodec`.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

_PATH = Path(__file__).parents[2] / "src" / "surp" / "codec" / "peers" / "nncodec_driver.py"
_spec = importlib.util.spec_from_file_location("_nncodec_driver", _PATH)
_driver = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_driver)

encode, decode = _driver.encode, _driver.decode
