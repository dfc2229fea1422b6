"""Methods and coders held against each other: statistics over the rows of a suite."""
