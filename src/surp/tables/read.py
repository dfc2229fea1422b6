"""The files that tables are built of."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from surp.errors import SurpError
from surp.evaluate.table import read_rows
from surp.tables import Data


def read_data(summary: Path, layers: Path | None = None, quantizer: str = "", coder: str = "") -> Data:
    """Raises `SurpError` naming a file that is missing or no table."""
    return Data(read_summary(summary), read_rows([layers]) if layers else (), quantizer, coder)


def read_summary(path: Path) -> pd.DataFrame:
    """Read summary.csv; the table remembers its path for messages. `SurpError` names a file that is no table."""
    try:
        table = pd.read_csv(path)
    except FileNotFoundError:
        raise SurpError(f"{path}: no such file") from None
    except (pd.errors.EmptyDataError, pd.errors.ParserError, UnicodeDecodeError) as error:
        raise SurpError(f"{path}: not a table with a header: {error}") from None
    table.attrs["path"] = str(path)
    return table
