"""The errors a user can cause. Each message names the value, where it stands and what is allowed."""

from __future__ import annotations

from collections.abc import Iterable


class SurpError(Exception):
    """A mistake of the user or a fault of the machine; the command line prints it as one line and exits 1."""


class UnknownNameError(SurpError):
    """A name that no file of the folder bears; the message lists the names that are there."""

    def __init__(self, what: str, name: object, allowed: Iterable[str]) -> None:
        names = ", ".join(sorted(allowed)) or "(none)"
        super().__init__(f"unknown {what} {name!r}; allowed: {names}")


class ParameterError(SurpError):
    """A parameter out of its range; the message gives the key's path and the rule."""


class DataError(SurpError):
    """A data set that is missing, truncated or not what it claims to be."""


class WeightsError(SurpError):
    """A checkpoint that cannot be used: not readable, NaN or infinite values, wrong shapes."""


class TargetError(SurpError):
    """A sparsity, rate or distortion that these weights cannot meet."""


class DivergedError(SurpError):
    """A training whose loss or gradients are no longer finite."""


class CorruptFileError(SurpError):
    """A `.surp` file that is not what its header and checksums say; names block and byte offset."""


class UnsupportedFileError(CorruptFileError):
    """A `.surp` file with something that a newer program wrote, and that this one cannot do without."""


class TruncatedFileError(CorruptFileError):
    """A `.surp` file that ends before its header says it does."""
