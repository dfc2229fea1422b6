"""Data sets. In `sets` is one reader a file; each holds `Parameters` and `load`.

    def load(root: Path | None, parameters: Parameters, work: Path) -> Dataset

`root`: the data root from parameters or `SURP_DATA`, resolved by the caller. `work`: a scratch folder for downloads,
which the caller may delete afterwards. Errors: `DataError`, with every source tried and why it failed.
"""

from surp.data.dataset import Dataset, Split, split_validation
from surp.data.split_file import DataInfo, read_split, write_dataset

__all__ = ["DataInfo", "Dataset", "Split", "read_split", "split_validation", "write_dataset"]
