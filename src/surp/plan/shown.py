"""What of a suite is shown: its figures, and the few models that some of them look into."""

from __future__ import annotations

from surp import registry
from surp.names import OURS, is_ours, shown_levels, twin
from surp.plan.suite_files import SuiteFiles


class Shown:
    """figures: those of the folder that the suite has the data of."""

    def __init__(self, files: SuiteFiles) -> None:
        self.files, self.paths, self.config = files, files.paths, files.config
        self.figures = tuple(filter(self._has_data, registry.names("figures")))

    @property
    def main_pair(self) -> dict[str, str]:
        """The quantizer and the coder of the main tables: the first of the suite."""
        return {"quantizer": self.config.suite.quantizers[0], "coder": self.config.suite.coders[0]}

    def of_breakdown(self, pattern: str) -> list[str]:
        """The pattern for the models whose bytes are looked into: first seed, SuRP and its twin, two sparsities."""
        suite = self.config.suite
        methods = [method for method in (OURS, twin(suite.methods)) if method in suite.methods]
        return [
            path
            for name, schedule in self.config.schedules.items()
            if schedule.stop == "sparsity"
            for level in shown_levels(schedule.targets)
            for path in self.files.of_rounds(
                pattern,
                **{"schedule": name, "round": schedule.targets.index(level) + 1},
                **{"seed": suite.seeds[0], "method": methods, **self.main_pair},
            )
        ]

    def data_of(self, figure: str) -> str:
        """The file that a figure draws: the suite's table, rows about its files, or the first dense network."""
        needs = _needs(figure)
        if needs == "weights":
            return self.files.of_networks(self.paths.dense_weights)[0]
        return {"summary": self.paths.summary, "layers": self.paths.layers, "breakdown": self.paths.breakdown}[needs]

    def _has_data(self, figure: str) -> bool:
        if registry.constant("figures", figure, "COMPARES", False) and not self._compares():
            return False
        return _needs(figure) != "breakdown" or bool(self.of_breakdown(self.paths.file))

    def _compares(self) -> bool:
        """Whether SuRP and another method prune to the same sparsities."""
        methods = self.config.suite.methods
        same = any(schedule.stop == "sparsity" for schedule in self.config.schedules.values())
        return same and OURS in methods and not all(is_ours(method) for method in methods)


def _needs(figure: str) -> str:
    needs: str = registry.constant("figures", figure, "NEEDS")
    return needs
