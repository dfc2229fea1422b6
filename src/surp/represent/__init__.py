"""Weights in another form that computes the same: `permute` orders hidden units, `wiring` says where they stand."""
