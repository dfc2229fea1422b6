"""The kernels can be compiled ahead."""

from surp.codec._mixmodel import Mixing
from surp.codec._model import Counting
from surp.codec.adaptive import warm_up


def test_warming_up_compiles_all_scans():
    warm_up()
    for kernel in (*Counting.KERNELS, *Mixing.KERNELS):
        assert not hasattr(kernel, "signatures") or kernel.signatures
