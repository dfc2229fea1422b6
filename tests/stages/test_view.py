"""The suite built last: copies that hold what the suite has now, and nothing of another one or of before."""

from __future__ import annotations

import pytest

from surp.errors import ParameterError
from surp.stages.view import view

NAMES = ("summary.csv", "report.html", "figures/size_front.svg", "figures/size_front.png")


@pytest.fixture
def suite(tmp_path):
    for path in (*NAMES, "figures/size_front.log", "figures/gone.svg", "figures/gone.png", "figures/gone.tsv"):
        (tmp_path / "quick" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "quick" / path).write_text(f"quick {path}")
    return tmp_path / "quick"


def files(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_the_view_holds_the_files_that_are_named_and_figures_that_no_longer_apply_vanish(suite, tmp_path):
    shown = tmp_path / "results"
    (shown / "figures").mkdir(parents=True)
    (shown / "figures/of_another_suite.svg").write_text("old")
    (shown / "README.md").write_text("stays")
    view(suite, [suite / name for name in NAMES], shown)
    assert files(shown) == {*NAMES, "README.md"}
    assert all((shown / name).read_text() == f"quick {name}" for name in NAMES)
    assert files(suite) == {*NAMES, "figures/size_front.log"}


def test_a_file_of_another_suite_is_refused_by_name(suite, tmp_path):
    with pytest.raises(ParameterError, match=r"other/summary\.csv: not a file of the suite in .*quick"):
        view(suite, [tmp_path / "other/summary.csv"], tmp_path)
