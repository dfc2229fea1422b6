"""Where each context's cell and each set of weights stands in the memory of a mixer. The priors are made for this
table."""

from __future__ import annotations

from surp.codec.entropy.mixer import SET

BINS = 32
"""Classes of the chance that average, row and column give together."""
DENSITIES = 8
"""Classes of a tensor's average."""
RATIOS = 24
"""Classes of a row's or column's factor."""
LENGTHS = 64
CLASSES = 8
"""Lengths that have contexts of their own; longer ones share the last."""
MEANS = 12
"""Classes of a row's or column's mean length."""
SCORES = 16
"""Classes of a sum of signs."""

HIT_BIN = 0
HIT_PATTERN = HIT_BIN + BINS * 4
HIT_RATIOS = HIT_PATTERN + 64 * DENSITIES
HIT_HINT = HIT_RATIOS + RATIOS * RATIOS
HIT_NEAR = HIT_HINT + RATIOS * DENSITIES
HIT_WIDE = HIT_NEAR + RATIOS * DENSITIES
HIT_WINDOW = HIT_WIDE + RATIOS * DENSITIES
SIGN_PATTERN = HIT_WINDOW + 12 * DENSITIES
SIGN_ROW = SIGN_PATTERN + 81
SIGN_COLUMN = SIGN_ROW + SCORES
SIGN_NEAR = SIGN_COLUMN + SCORES
SIGN_WINDOW = SIGN_NEAR + SCORES
SIGN_SUM = SIGN_WINDOW + SCORES
LENGTH_OWN = SIGN_SUM + SCORES * SCORES
LENGTH_BESIDE = LENGTH_OWN + LENGTHS
LENGTH_JOINT = LENGTH_BESIDE + CLASSES * 36
MANTISSA = LENGTH_JOINT + CLASSES * MEANS * MEANS
REFINE_OWN = MANTISSA + CLASSES * 8 * MEANS
REFINE_DENSITY = REFINE_OWN + 16
REFINE_BESIDE = REFINE_DENSITY + 16 * DENSITIES
AVERAGE = REFINE_BESIDE + 16 * 3
CELLS = AVERAGE + 1
OWN_CELLS = (LENGTH_OWN, LENGTH_OWN + LENGTHS)
"""Cells of one tensor's own distribution of magnitudes."""

WEIGHTS = 2 * CELLS
"""A cell takes two numbers, its estimate and how much it has seen; then come the weights."""
SET_HIT = WEIGHTS
SET_SIGN = SET_HIT + 4 * SET
SET_LENGTH = SET_SIGN + SET
SET_REFINE = SET_LENGTH + CLASSES * SET
SET_HIT_SLOW = SET_REFINE + 2 * SET
SET_SIGN_SLOW = SET_HIT_SLOW + DENSITIES * SET
SET_LENGTH_SLOW = SET_SIGN_SLOW + 4 * SET
MEMORY = SET_LENGTH_SLOW + MEANS * SET
"""How many numbers a memory has."""
