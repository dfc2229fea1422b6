"""The kernels can be compiled ahead."""

from surp.codec._scan import code_levels, code_pass
from surp.codec.adaptive import warm_up


def test_warming_up_compiles_both_scans():
    warm_up()
    for kernel in (code_levels, code_pass):
        assert not hasattr(kernel, "signatures") or kernel.signatures
