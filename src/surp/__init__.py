"""surp: the smallest file for a trained neural network, with proof."""

__version__ = "0.1.0"
