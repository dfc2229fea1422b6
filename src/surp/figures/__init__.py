"""Figures, one a file in `plots`: each holds `NEEDS`, `draw` and, as the first line of its docstring, its caption.

NEEDS = "summary": draw(table: pandas.DataFrame) -> Figure          the rows of summary.csv
NEEDS = "weights": draw(state: surp.tensors.layout.State, title: str) -> Figure
NEEDS = "layers": draw(rows: list[CountedRow]) -> Figure            what `surp layers` writes
NEEDS = "breakdown": draw(rows: list[CountedRow]) -> Figure         what `surp breakdown` writes

COMPARES = True: the workflow draws it only of suites with SuRP and at least one other method.
"""
