"""The columns known about one model: a section for each stage that writes some, and the row of `summary.csv`.

A stage imports its own section and no other, so that a new column reruns the stages that write it and those after.
"""
