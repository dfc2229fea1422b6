"""The kernels can be compiled ahead."""

from surp.codec.coders.adaptive import warm_up
from surp.codec.entropy.fast_model import Counting
from surp.codec.entropy.mixed_model import Mixing


def test_warming_up_compiles_all_scans():
    warm_up()
    for kernel in (*Counting.KERNELS, *Mixing.KERNELS):
        assert not hasattr(kernel, "signatures") or kernel.signatures
