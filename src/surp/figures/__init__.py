"""Figures, one a file: each holds `NEEDS`, `draw` and, as the first line of its docstring, its caption.

NEEDS = "summary": draw(table: pandas.DataFrame) -> Figure          the rows of summary.csv
NEEDS = "weights": draw(state: surp.layout.State, title: str) -> Figure
"""
