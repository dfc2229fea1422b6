"""Weights in another form that computes the same: `permute` orders hidden units, which `wiring` finds in each network."""
