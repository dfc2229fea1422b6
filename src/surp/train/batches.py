"""Batches of a split that lives on the device as uint8: no worker processes, no copies between host and device.

The order of the images and their augmentation are functions of (seed, epoch) alone and are drawn on the CPU, so a
resumed run sees the same batches without any stored generator state, and every device sees the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from typing import Literal

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from surp.data import DataInfo, Split
from surp.errors import DataError, ParameterError

Augment = Literal["none", "flip_crop"]
SHIFT = 4
"""Largest shift of `flip_crop` in pixels, each way; what moves in is black (zero before normalisation)."""


class Batches:
    """A split on `device`, normalised batch by batch: (pixel / 255 - mean) / std per channel.

    mean and std are those of `info`; a constant channel (std 0) is only centred. Batches are images (B, C,
    H, W), float32, in `memory_format`, and labels int64 (B,); the last may be smaller.
    `images`: number of images; `count`: number of batches in an epoch.
    """

    def __init__(
        self,
        split: Split,
        info: DataInfo,
        batch_size: int,
        *,
        device: torch.device | str = "cpu",
        seed: int = 0,
        augment: Augment = "none",
        memory_format: torch.memory_format = torch.contiguous_format,
    ) -> None:
        if batch_size < 1:
            raise ParameterError(f"batch_size: must be 1 or more (got {batch_size})")
        channels = split.images.shape[1]
        if not len(info.mean) == len(info.std) == channels:
            raise DataError(f"{len(info.mean)} means, {len(info.std)} deviations for {channels} channels")
        self.info = info
        self.images = len(split)
        self.batch_size, self.seed, self.augment = batch_size, seed, augment
        self.device, self.memory_format = torch.device(device), memory_format
        self._pixels = torch.from_numpy(split.images).to(self.device)
        self._labels = torch.from_numpy(split.labels).to(self.device)
        spread = np.where(np.asarray(info.std) > 0, info.std, 1.0)
        self._scale = self._per_channel(1 / (255 * spread))
        self._shift = self._per_channel(-np.asarray(info.mean) / spread)

    @property
    def count(self) -> int:
        return -(-self.images // self.batch_size)

    def of_size(self, batch_size: int) -> Batches:
        """The same images in batches of another size."""
        other = copy(self)
        other.batch_size = batch_size
        return other

    def epoch(self, epoch: int, skip: int = 0) -> Iterator[tuple[Tensor, Tensor]]:
        """Shuffled and, if asked for, augmented batches of one epoch, without the first `skip`."""
        order_generator, augment_generator = generators(self.seed, epoch)
        order = torch.randperm(self.images, generator=order_generator)
        moves = draw_moves(self.images, augment_generator) if self.augment == "flip_crop" else None
        order = order.to(self.device)
        moves = None if moves is None else moves.to(self.device)
        for start in self._starts()[skip:]:
            chosen = order[start : start + self.batch_size]
            pixels = self._pixels[chosen]
            if moves is not None:
                pixels = flip_crop(pixels, moves[start : start + self.batch_size])
            yield self._normalised(pixels), self._labels[chosen]

    def in_order(self) -> Iterator[tuple[Tensor, Tensor]]:
        """Batches in the order of the split, never augmented: for evaluation and calibration."""
        for start in self._starts():
            stop = start + self.batch_size
            yield self._normalised(self._pixels[start:stop]), self._labels[start:stop]

    def _starts(self) -> range:
        return range(0, self.count * self.batch_size, self.batch_size)

    def _normalised(self, pixels: Tensor) -> Tensor:
        images = pixels.to(torch.float32, memory_format=self.memory_format, copy=True)
        return images.mul_(self._scale).add_(self._shift)

    def _per_channel(self, values: np.ndarray) -> Tensor:
        return torch.tensor(values, dtype=torch.float32, device=self.device).reshape(1, -1, 1, 1)


def generators(seed: int, epoch: int) -> tuple[torch.Generator, torch.Generator]:
    """CPU generators for the order and for the augmentation of one epoch, independent of each other."""
    states = np.random.SeedSequence([seed, epoch]).generate_state(2, dtype=np.uint64)
    order, augment = (torch.Generator().manual_seed(int(state >> np.uint64(1))) for state in states)
    return order, augment


def draw_moves(n: int, generator: torch.Generator) -> Tensor:
    """int64 (n, 3): vertical and horizontal shift, each uniform in -SHIFT..SHIFT, and 1 for a horizontal flip."""
    shifts = torch.randint(-SHIFT, SHIFT + 1, (n, 2), generator=generator)
    return torch.cat([shifts, torch.randint(0, 2, (n, 1), generator=generator)], dim=1)


def flip_crop(pixels: Tensor, moves: Tensor) -> Tensor:
    """Shift and flip each of the images (B, C, H, W) as `moves` (B, 3) says; same shape and dtype.

    Source: random crop with 4 pixels of padding and horizontal flip, He et al., arXiv 1512.03385, section 4.2.
    """
    count, channels, height, width = pixels.shape
    device = pixels.device
    padded = functional.pad(pixels, (SHIFT, SHIFT, SHIFT, SHIFT))
    columns = torch.arange(width, device=device).expand(count, width)
    columns = torch.where(moves[:, 2:].bool(), width - 1 - columns, columns) + moves[:, 1:2] + SHIFT
    rows = torch.arange(height, device=device) + moves[:, :1] + SHIFT
    image = torch.arange(count, device=device).reshape(-1, 1, 1, 1)
    channel = torch.arange(channels, device=device).reshape(1, -1, 1, 1)
    return padded[image, channel, rows[:, None, :, None], columns[:, None, None, :]]
