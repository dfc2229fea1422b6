"""The table of a suite, `summary.csv`: one row a file. Read and written, reduced to means, and as a DataFrame."""
