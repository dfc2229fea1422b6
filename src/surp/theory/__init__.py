"""The rate-distortion theory of the paper as executable formulas, in the paper's symbols.

u: a weight, Laplacian with rate lambda (mean magnitude 1 / lambda). d(u, v) = |u - v|; D: its mean. R: bits/weight.
"""
