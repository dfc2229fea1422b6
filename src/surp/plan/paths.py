"""Every path below `results/`. What stands in braces is a wildcard of Snakemake; `format` fills it in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

RESULTS = "results"
Wildcards = Mapping[str, str]
"""Values by wildcard, as Snakemake hands them to the functions of a rule."""


class Paths:
    """The folders and files of a suite. Data sets and dense networks are shared by all suites.

    recipe: the one of the suite's dense networks. A `..._record` holds the columns of the table known after a stage
    (JSON). `figure` and `table` lack their ending.
    """

    def __init__(self, suite: str, recipe: str) -> None:
        self.data_folder = f"{RESULTS}/data/{{dataset}}"
        self.train = f"{self.data_folder}/train.safetensors"
        self.test = f"{self.data_folder}/test.safetensors"

        self.dense_folder = f"{RESULTS}/dense/{{dataset}}/{{model}}/{recipe}/seed{{seed}}"
        self.dense_weights = f"{self.dense_folder}/weights.safetensors"
        self.dense_record = f"{self.dense_folder}/weights.json"
        self.dense_metrics = f"{self.dense_folder}/metrics.json"

        self.suite_folder = f"{RESULTS}/{suite}"
        self.summary = f"{self.suite_folder}/summary.csv"
        self.layers = f"{self.suite_folder}/layers.json"
        self.breakdown = f"{self.suite_folder}/breakdown.json"
        self.suite_metrics = f"{self.suite_folder}/metrics.json"
        self.means = f"{self.suite_folder}/means.json"
        self.page = f"{self.suite_folder}/report.html"
        self.figure = f"{self.suite_folder}/figures/{{figure}}"
        self.table = f"{self.suite_folder}/tables/{{table}}"
        self.partial_summary = f"{self.suite_folder}/partial.csv"
        self.missing = f"{self.suite_folder}/missing.csv"

        self.seed_folder = f"{self.suite_folder}/{{dataset}}/{{model}}/seed{{seed}}"
        self.seed_rows = f"{self.seed_folder}/rows.json"
        self.seed_layers = f"{self.seed_folder}/layers.json"

        self.round_folder = f"{self.seed_folder}/{{method}}/{{schedule}}/round{{round}}"
        self.pruned = f"{self.round_folder}/pruned.safetensors"
        self.pruned_record = f"{self.round_folder}/pruned.json"
        self.steps = f"{self.round_folder}/steps.safetensors"
        self.weights = f"{self.round_folder}/weights.safetensors"
        self.weights_record = f"{self.round_folder}/weights.json"
        self.round_metrics = f"{self.round_folder}/metrics.json"

        self.levels_folder = f"{self.round_folder}/{{quantizer}}"
        self.levels = f"{self.levels_folder}/levels.safetensors"
        self.levels_record = f"{self.levels_folder}/levels.json"

        self.file_folder = f"{self.levels_folder}/{{coder}}"
        self.file = f"{self.file_folder}/model.surp"
        self.file_record = f"{self.file_folder}/model.json"
        self.decoded = f"{self.file_folder}/decoded.safetensors"
        self.decoded_record = f"{self.file_folder}/decoded.json"

    def shown(self, figures: Sequence[str], folder: str = RESULTS) -> list[str]:
        """What the view shows of a suite: at the top of `results`, or in the suite's folder."""
        pages = [f"{folder}/{name}" for name in ("summary.csv", "metrics.json", "report.html")]
        return [*pages, *(f"{folder}/figures/{name}.{ending}" for name in figures for ending in ("svg", "png"))]
