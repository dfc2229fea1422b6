"""Huffman and relative indices, by examples that were worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from surp.codec import encode_levels
from surp.codec.coders.huffman_csr import Parameters, absolute, decode_plain, encode_plain, relative
from surp.codec.entropy.huffman import canonical, code_lengths, pack_codes, read_sequence, unpack_codes, write_sequence
from surp.codec.frame.piece import Cursor, Piece
from surp.codec.scan import Scan, scan_of
from surp.errors import CorruptFileError

pytestmark = pytest.mark.kernels


def scanned(levels: np.ndarray, kind: int = 1) -> tuple[Scan, np.ndarray]:
    return scan_of(levels.shape, str(levels.dtype), kind), levels


def test_the_gap_of_figure_2_that_is_too_long_gets_a_zero_put_in():
    flat = np.zeros(16, np.int64)
    flat[[1, 4, 15]] = 34, 9, 17
    gaps, values = relative(flat, 3)
    # The figure counts the zeros between (1, 2, and 8 + 2); here a gap is the distance, at most 2^3.
    assert list(gaps) == [2, 3, 8, 3]
    assert list(values) == [34, 9, 0, 17]
    assert np.array_equal(absolute(gaps, values, 16), flat)


@given(hnp.arrays(np.int64, st.integers(0, 400), elements=st.integers(-1, 1)), st.integers(1, 8))
def test_gaps_and_values_are_the_inverse_of_places(flat, bits):
    gaps, values = relative(flat, bits)
    assert gaps.size == 0 or 1 <= gaps.min() <= gaps.max() <= 1 << bits
    assert np.array_equal(absolute(gaps, values, flat.size), flat)


@given(st.lists(st.integers(1, 1000), min_size=1, max_size=60))
def test_huffman_lengths_fill_the_code_space_and_stay_within_a_bit_of_the_entropy(counts):
    counts = np.array(counts)
    lengths = code_lengths(counts)
    if len(counts) == 1:
        assert list(lengths) == [0]
        return
    assert (0.5 ** lengths.astype(float)).sum() == 1
    share = counts / counts.sum()
    entropy = float(-(share * np.log2(share)).sum())
    assert entropy - 1e-9 <= float(share @ lengths) < entropy + 1


def test_fibonacci_counts_make_the_longest_codes():
    counts = [1, 1]
    while len(counts) < 40:
        counts.append(counts[-1] + counts[-2])
    assert code_lengths(np.array(counts)).max() == 39


def test_canonical_codes_are_those_of_the_textbook():
    lengths = np.array([2, 1, 3, 3])
    assert list(canonical(lengths)) == [0b10, 0b0, 0b110, 0b111]
    code = pack_codes(lengths, np.array([0, 1, 2, 3, 1]))
    assert code == bytes([0b10011011, 0b10000000])
    indices, used = unpack_codes(lengths, code, 5)
    assert (list(indices), used) == ([0, 1, 2, 3, 1], 10)


def test_a_sequence_is_a_table_a_length_and_a_code():
    # 7 four times, 9 twice, -2 once: codes 0, 11, 10 (of one length, by the symbols' order: -2 before 9).
    data = write_sequence(np.array([7, 9, 7, -2, 7, 9, 7]))
    table = bytes([3, 3, 9, 2, 2, 1, 2])  # three symbols, zigzag of -2, + 9, + 2; lengths 2, 1, 2
    assert data == table + bytes([2, 0b01101001, 0b10000000])
    cursor = Cursor(Piece("plain", 0, data))
    assert list(read_sequence(cursor, 7, -9, 9)) == [7, 9, 7, -2, 7, 9, 7]
    cursor.check_end()


def test_the_bytes_of_a_small_sparse_matrix():
    levels = np.zeros((4, 20), np.int32)
    levels[0, 2], levels[3, 19] = 5, -1
    # Distances 3, 32, 32, 13 (5 bits: at most 32), values 5, 0, 0, -1; both with the code lengths 2, 2, 1.
    gaps = bytes([3, 6, 10, 19, 2, 2, 1, 1, 0b10001100 | 0b0])
    values = bytes([3, 1, 1, 5, 2, 1, 2, 1, 0b11001000])
    found = encode_plain([scanned(levels)], Parameters())
    assert found[:2] == bytes([1, 4])
    assert len(found) == 2 + len(gaps) + len(values)
    assert found[2:9] == gaps[:7]
    assert found[2 + len(gaps) :][:7] == values[:7]
    assert np.array_equal(decode_plain(Piece("plain", 0, found), [scanned(levels)[0]], "default")[0][0], levels)


def test_a_dense_tensor_and_a_vector_are_huffman_codes_of_all_their_values():
    dense = np.arange(1, 33, dtype=np.int32).reshape(4, 8)
    vector = np.array([0, 0, 0, 0, 1], dtype=np.int32)
    assert encode_plain([scanned(dense)], Parameters())[0] == 0
    assert encode_plain([scanned(vector, 0)], Parameters()) == bytes([0, 2, 0, 1, 1, 1, 1, 0b00001000])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "0 are left"),
        (bytes([7]), "the way 7"),
        (bytes([1, 99]), "99 entries in a tensor of 12 elements"),
        (bytes([0, 200, 1]), "a table of 200 symbols"),
        (bytes([0, 2, 0, 1, 1, 2]), "no Huffman code"),
        (bytes([0, 2, 0, 1, 63, 63]), "no Huffman code"),
        (bytes([0, 1, *[255] * 10, 1]), "more than 70 bits"),
        (bytes([0, 1, *[255] * 4, 127, 0, 0]), "outside the range"),
        (bytes([0, 2, 0, 1, 1, 1, 1, 0]), "do not end with its 12 symbols"),
        (bytes([0, 2, 0, 1, 1, 1, 3, 0, 0, 0]), "do not end with its 12 symbols"),
        (bytes([0, 1, 0, 0, 0, 5]), "1 bytes too many"),
        (bytes([1, 3, 1, 10, 0, 0, 1, 0, 0, 0]), "an entry at 15 in a tensor of 12"),
    ],
)
def test_blocks_that_make_no_sense_are_refused(content, message):
    scan = scan_of((3, 4), "int32", 1)
    with pytest.raises(CorruptFileError, match=f"block plain at byte 40: .*{message}"):
        decode_plain(Piece("plain", 40, content), [scan], "default")


@settings(max_examples=50, deadline=None)
@given(hnp.arrays(np.int32, (8, 30), elements=st.integers(-3, 3)), st.floats(0, 1))
def test_what_each_tensor_took_is_all_of_the_block(levels, share):
    levels = np.where(np.arange(240).reshape(8, 30) % 10 < 10 * share, 0, levels)
    tensors = [scanned(levels), scanned(levels[0], 0)]
    data = encode_plain(tensors, Parameters())
    _, bits = decode_plain(Piece("plain", 0, data), [scan for scan, _ in tensors], "default")
    assert sum(bits) == 8 * len(data)


def test_many_weights_take_what_their_entropies_say():
    rng = np.random.default_rng(0)
    levels = np.where(rng.random((500, 800)) < 0.1, np.rint(rng.laplace(scale=3, size=(500, 800))), 0).astype(np.int32)
    gaps, values = relative(levels.reshape(-1).astype(np.int64), 5)
    bits = 0.0
    for numbers in (gaps, values):
        _, counts = np.unique(numbers, return_counts=True)
        bits -= float((counts * np.log2(counts / counts.sum())).sum())
    assert bits / 8 < len(encode_levels({"w": levels}, coder="huffman_csr")) < 1.02 * bits / 8 + 200
