"""The range coder alone: exact, and as short as the probabilities allow."""

from math import log2

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surp.codec.entropy.range_coder import (
    CERTAIN,
    LEAST,
    POSITION,
    WINDOW,
    decode_bit,
    encode_bit,
    finish,
    is_finished,
    new_decoder,
    new_encoder,
)

pytestmark = pytest.mark.kernels

CHANCES = st.one_of(st.integers(LEAST, CERTAIN - LEAST), st.sampled_from([LEAST, CERTAIN - LEAST, CERTAIN // 2]))


def coded(decisions: list[tuple[int, int]]) -> bytes:
    coder, buffer = new_encoder(), np.zeros(3 * len(decisions) + 8, dtype=np.uint8)
    for chance, bit in decisions:
        encode_bit(coder, buffer, chance, bit)
    return buffer[: finish(coder, buffer)].tobytes()


def decoded(data: bytes, chances: list[int]) -> list[int]:
    buffer = np.frombuffer(data, dtype=np.uint8).copy()
    coder = new_decoder(buffer)
    bits = [int(decode_bit(coder, buffer, chance)) for chance in chances]
    assert is_finished(coder, len(data))
    return bits


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(CHANCES, st.integers(0, 1)), max_size=300))
def test_any_decisions_come_back_and_cost_their_information(decisions):
    data = coded(decisions)
    assert decoded(data, [chance for chance, _ in decisions]) == [bit for _, bit in decisions]
    bits = sum(-log2((chance if bit else CERTAIN - chance) / CERTAIN) for chance, bit in decisions)
    assert 8 * len(data) <= bits * 1.0001 + 8 + len(decisions) * 2e-5


def test_a_carry_runs_through_a_long_row_of_full_bytes():
    # The interval stays just below a byte boundary for 600 decisions and is then pushed over it.
    for tail in range(40):
        decisions = [(CERTAIN // 2, 0)] * 601 + [(CERTAIN // 2, 1)] * tail + [(LEAST, 0)] * 5
        data = coded(decisions)
        assert decoded(data, [chance for chance, _ in decisions]) == [bit for _, bit in decisions]


def test_no_decisions_take_no_bytes():
    assert coded([]) == b""
    assert int(new_decoder(np.zeros(0, dtype=np.uint8))[POSITION]) == WINDOW
