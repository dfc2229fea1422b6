"""Batches: what they hold, and that seed and epoch alone decide their order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from surp.data import DataInfo, Split
from surp.data.dataset import statistics
from surp.errors import DataError, ParameterError
from surp.train.batches import SHIFT, Batches, draw_moves, flip_crop

N = 23


def make_batches(batch_size: int = 5, **options: Any) -> Batches:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (N, 3, 8, 6), dtype=np.uint8)
    mean, std = statistics(images)
    info = DataInfo("toy", "train", ("a",), mean, std, "", "", (3, 8, 6))
    return Batches(Split(images, np.arange(N)), info, batch_size, **options)


def order(batches: Batches, epoch: int) -> list[int]:
    return torch.cat([labels for _, labels in batches.epoch(epoch)]).tolist()


def test_an_epoch_holds_every_image_once_with_its_label() -> None:
    batches = make_batches()
    in_order = torch.cat([images for images, _ in batches.in_order()])
    for images, labels in batches.epoch(0):
        assert torch.equal(images, in_order[labels])
    assert sorted(order(batches, 0)) == list(range(N))


def test_the_order_depends_on_seed_and_epoch_only() -> None:
    batches = make_batches(seed=1)
    first = order(batches, 3)
    order(batches, 4)
    torch.manual_seed(99)
    assert order(batches, 3) == first
    assert order(make_batches(seed=1, batch_size=7, augment="flip_crop"), 3) == first
    assert order(batches, 4) != first
    assert order(make_batches(seed=2), 3) != first


def test_augmentation_depends_on_seed_and_epoch_only() -> None:
    def pixels(seed: int, epoch: int, batch_size: int = 5) -> torch.Tensor:
        batches = make_batches(batch_size, seed=seed, augment="flip_crop")
        return torch.cat([images for images, _ in batches.epoch(epoch)])

    assert torch.equal(pixels(0, 0), pixels(0, 0, batch_size=4))
    assert not torch.equal(pixels(0, 0), pixels(0, 1))


def test_drawing_batches_leaves_the_global_generator_alone() -> None:
    before = torch.get_rng_state()
    list(make_batches(augment="flip_crop").epoch(0))
    assert torch.equal(before, torch.get_rng_state())


def test_the_last_smaller_batch_is_kept() -> None:
    batches = make_batches()
    assert [len(labels) for _, labels in batches.epoch(0)] == [5, 5, 5, 5, 3]
    assert (batches.count, batches.images) == (5, N)
    assert [len(labels) for _, labels in batches.of_size(20).in_order()] == [20, 3]


def test_channels_are_normalised_to_zero_mean_and_unit_spread() -> None:
    images = torch.cat([images for images, _ in make_batches().in_order()]).double()
    torch.testing.assert_close(images.mean(dim=(0, 2, 3)), torch.zeros(3).double(), atol=1e-6, rtol=0)
    torch.testing.assert_close(images.std(dim=(0, 2, 3), correction=0), torch.ones(3).double(), atol=1e-6, rtol=0)


def test_a_constant_channel_becomes_zero_and_not_nan() -> None:
    split = Split(np.full((4, 1, 2, 2), 255, dtype=np.uint8), np.zeros(4, dtype=np.int64))
    batches = Batches(split, DataInfo("", "train", ("a",), (1.0,), (0.0,), "", "", (1, 2, 2)), 4)
    assert next(batches.in_order())[0].abs().max() < 1e-6


@pytest.mark.parametrize("augment", ["none", "flip_crop"])
@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
def test_batches_have_the_form_asked_for(augment: Any, memory_format: torch.memory_format) -> None:
    for images, labels in make_batches(augment=augment, memory_format=memory_format).epoch(0):
        assert images.shape == (len(labels), 3, 8, 6)
        assert images.dtype == torch.float32
        assert images.is_contiguous(memory_format=memory_format)
        assert labels.dtype == torch.int64


def test_batches_do_not_share_memory_with_the_data() -> None:
    batches = make_batches()
    first, _ = next(batches.in_order())
    kept = first.clone()
    first.zero_()
    assert torch.equal(next(batches.in_order())[0], kept)


@given(st.integers(-SHIFT, SHIFT), st.integers(-SHIFT, SHIFT), st.booleans())
def test_flip_crop_shifts_and_flips_as_told(down: int, right: int, flip: bool) -> None:
    image = torch.arange(1, 2 * 8 * 6 + 1, dtype=torch.uint8).reshape(1, 2, 8, 6)
    moved = flip_crop(image, torch.tensor([[down, right, int(flip)]]))
    plain = np.pad(image[0].numpy(), ((0, 0), (SHIFT, SHIFT), (SHIFT, SHIFT)))
    expected = plain[:, SHIFT + down : SHIFT + down + 8, SHIFT + right : SHIFT + right + 6]
    assert moved.shape == image.shape
    assert moved.dtype == image.dtype
    assert (moved[0].numpy() == (expected[:, :, ::-1] if flip else expected)).all()


def test_no_move_changes_nothing() -> None:
    images = torch.randint(0, 256, (4, 3, 5, 5), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    assert torch.equal(flip_crop(images, torch.zeros(4, 3, dtype=torch.int64)), images)


def test_moves_cover_their_whole_range() -> None:
    moves = draw_moves(2000, torch.Generator().manual_seed(0))
    for column, allowed in ((0, range(-SHIFT, SHIFT + 1)), (1, range(-SHIFT, SHIFT + 1)), (2, range(2))):
        assert set(moves[:, column].tolist()) == set(allowed)


def test_impossible_sizes_are_refused() -> None:
    with pytest.raises(ParameterError, match="batch_size: must be 1 or more"):
        make_batches(0)
    info = DataInfo("", "train", ("a",), (0.0,), (1.0,), "", "", (1, 2, 2))
    with pytest.raises(DataError, match="1 means, 1 deviations for 3 channels"):
        Batches(Split(np.zeros((1, 3, 2, 2), np.uint8), np.zeros(1, np.int64)), info, 1)
