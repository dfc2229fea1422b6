"""The rate-distortion theory of the paper as executable formulas, in the paper's symbols.

u: a weight, Laplacian with rate lambda (mean magnitude 1 / lambda). d(u, v) = |u - v|; D: its mean. R: bits/weight.
Nothing here knows a pruning method, a quantizer or a coder; what those reach is measured in `surp.evaluate`.
"""
