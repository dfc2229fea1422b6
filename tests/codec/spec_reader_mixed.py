"""The presets `default` and `max` of a `.surp` file, read by docs/format.md alone."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from functools import cache
from itertools import accumulate, repeat
from math import isqrt, prod
from types import SimpleNamespace
from typing import Any
from zlib import decompress

import numpy as np
from spec_reader_header import CODEC, table

INPUTS, TRUSTS = 20, 4
AT = SimpleNamespace(**table("entropy/mixed_layout.py", SET=INPUTS * TRUSTS))
POWERS = list(accumulate(repeat(18518942588666869715, 2839), lambda e, factor: e * factor >> 64, initial=1 << 64))
"""e_x: e^(x / 256), in 2^-64ths."""
UPPER = [min(65535, 65536 * e // (e + (1 << 64))) for e in POWERS]
SQUASHED = [*(65536 - chance for chance in reversed(UPPER[1:])), *UPPER]
RATIOS = [e for e in POWERS if e <= 64 << 64]
MORE = [256 * e >> 64 for e in RATIOS[1:]]
LESS = [(256 << 64) // e for e in reversed(RATIOS)]
RATES = [(131072 + n) // (2 * n + 3) for n in range(1024)]


def squash(x: int) -> int:
    return SQUASHED[min(max(x, -2839), 2839) + 2839]


def stretch(chance: int) -> int:
    return min(bisect_left(SQUASHED, chance), 5678) - 2839


def log(ratio: int) -> int:
    if ratio >= 256:
        return bisect_right(MORE, min(ratio, 16384))
    return bisect_right(LESS, ratio) - len(LESS)


def limited(x: int, most: int, least: int = 0) -> int:
    return min(max(x, least), most)


def sign_of(level: int) -> int:
    return (level > 0) - (level < 0)


@cache
def prior(preset: str, kind: int) -> tuple[list[int], list[int], list[int]]:
    """Estimates, counts and weights that a kind starts from."""
    raw = decompress((CODEC / f"priors/{preset}-1.zlib").read_bytes())
    size = len(raw) // 3
    raw = raw[kind * size : (kind + 1) * size]
    estimates = [squash(22 * x) << 6 for x in np.frombuffer(raw[: AT.CELLS], np.int8).tolist()]
    weights = [64 * w for w in np.frombuffer(raw[2 * AT.CELLS :], "<i2").tolist()]
    return estimates, list(raw[AT.CELLS : 2 * AT.CELLS]), weights


class Memory:
    """Cells and weights of one kind."""

    def __init__(self, preset: str, kind: int) -> None:
        self.estimates, self.seen, self.weights = (list(part) for part in prior(preset, kind))
        self.slow, self.mixed, self.rate = preset == "max", 0, 0

    def lower(self, cell: int, most: int) -> None:
        self.seen[cell] = min(self.seen[cell], most)

    def new_row(self) -> None:
        self.rate = 64 + (1 << 24) // (self.mixed + 65536)

    def chance(self, cell: int) -> int:
        return self.estimates[cell] >> 6

    def learn(self, cell: int, bit: int) -> None:
        self.estimates[cell] += ((bit * ((1 << 22) - 1) - self.estimates[cell]) * RATES[self.seen[cell]]) >> 16
        self.seen[cell] = min(self.seen[cell] + 1, 1023)

    def alone(self, code: Any, cell: int) -> int:
        """A decision of one cell."""
        bit = code.decision(limited(self.chance(cell), 65532, 4))
        self.learn(cell, bit)
        return int(bit)

    def mix(self, code: Any, cells: list[int], signals: list[int], sets: list[int]) -> int:
        """A decision of several inputs, by one set of weights or two."""
        inputs = [stretch(self.chance(cell)) for cell in cells] + signals
        trusts = [bisect_right((3, 12, 60), self.seen[cell]) for cell in cells] + [0] * len(signals)
        offsets = [i * TRUSTS + trust for i, trust in enumerate(trusts)]
        places = [[first - AT.WEIGHTS + offset for offset in offsets] for first in sets]
        sums = [sum(s * self.weights[w] for s, w in zip(inputs, row, strict=True)) >> 16 for row in places]
        bit = code.decision(limited(squash((sums[0] + sums[-1]) >> 1), 65532, 4))
        rates = [2 * self.rate, self.rate >> 1] if len(sets) == 2 else [self.rate]
        for row, x, rate in zip(places, sums, rates, strict=True):
            for s, w in zip(inputs, row, strict=True):
                moved = self.weights[w] + ((s * ((65536 * bit - squash(x)) * rate) + (1 << 23)) >> 24)
                self.weights[w] = limited(moved, 1 << 20, -(1 << 20))
        self.mixed += 1
        for cell in cells:
            self.learn(cell, bit)
        return int(bit)


class Line:
    """Counts of a row or column."""

    def __init__(self) -> None:
        self.hits = self.signs = self.lengths = self.expected = self.own = self.near = self.wide = self.slope = 0
        self.hint, self.factor = 0, 256

    @property
    def ratio(self) -> int:
        """LOG of hits over hits expected, of a row."""
        return log(((self.hits + 1) << 24) // (self.expected + 65536))


def spread(values: list[int], distance: int) -> list[int]:
    """Each column with those at a distance to its left and right."""
    padded = [0] * distance + values + [0] * distance
    return [padded[j] + padded[j + distance] + padded[j + 2 * distance] for j in range(len(values))]


class Grid:
    """A tensor in the scan. before: the tensor whose rows made its columns."""

    def __init__(self, part: Any, before: Grid | None) -> None:
        self.levels, self.width, self.signed = [0] * part.size, part.width, part.signed
        self.rows = [Line() for _ in range(-(-part.size // part.width))]
        self.columns = [Line() for _ in range(part.width)]
        self.before = before if before and len(before.rows) > 1 and not part.width % len(before.rows) else None
        self.block = prod(part.shape[2:]) if len(part.shape) > 2 else 1
        if self.before:
            self.block = max(self.block, self.width // len(self.before.rows))
        self.period = self.root(part.shape)
        self.mean = self.lengths = 0

    def root(self, shape: tuple[int, ...]) -> int:
        area = self.block if self.block > 1 else self.width
        root = shape[-1] if len(shape) > 3 else isqrt(area) if isqrt(area) ** 2 == area else 0
        return root if root > 2 else 0

    def hints(self) -> None:
        if self.before:
            each = self.width // len(self.before.rows)
            for j, column in enumerate(self.columns):
                column.hint = self.before.rows[j // each].ratio

    def near(self, values: list[int]) -> list[int]:
        return spread(spread(values, 1), self.period or 2)

    def blocks(self, values: list[int]) -> list[int]:
        """Sums over blocks, at each of their columns."""
        sums = [sum(values[j : j + self.block]) for j in range(0, self.width, self.block)]
        return [sums[j // self.block] for j in range(self.width)]

    def factors(self) -> None:
        """Factors of all columns, anew."""
        hits, ones = [column.hits for column in self.columns], [1] * self.width
        each = (256 * sum(row.hits for row in self.rows)) // self.width
        near, nears, slopes = (self.near(x) for x in (hits, ones, [column.signs for column in self.columns]))
        wide, wides = (self.blocks(x) if self.block > 1 else self.near(self.near(x)) for x in (hits, ones))
        for j, column in enumerate(self.columns):
            wide_ratio = ((wide[j] << 16) + 131072) // (each * wides[j] + 512)
            near_ratio = ((near[j] << 16) + 512 * wide_ratio) // (each * nears[j] + 512)
            column.factor = min(((hits[j] << 16) + 512 * near_ratio) // (each + 512), 16384)
            column.own, column.near, column.wide = log(column.factor), log(near_ratio), log(wide_ratio)
            column.slope = slopes[j]

    def left(self, i: int, distance: int) -> int:
        """The level so many to the left (right if negative) in the row, else 0."""
        j = i % self.width - distance
        return self.at(i - distance) if 0 <= j < self.width else 0

    def at(self, i: int) -> int:
        return self.levels[i] if 0 <= i < len(self.levels) else 0

    def window(self, i: int) -> list[int]:
        """Levels of the window before an element."""
        v = self.period
        places = [y * v + x for y in (0, 1, 2) for x in range(-2, 3) if y or x > 0] if v else range(1, 7)
        return [self.left(i, place) for place in places]


class Scan:
    """One scan of a tensor: a pass, or all of a plain one."""

    def __init__(self, preset: str, code: Any, memory: Memory, grid: Grid, passes: bool) -> None:
        self.max, self.code, self.memory, self.grid, self.passes = preset == "max", code, memory, grid, passes
        self.ratio = self.level = self.density = self.crowd = 0

    def run(self) -> None:
        grid = self.grid
        self.memory.lower(AT.AVERAGE, 4)
        for cell in range(*AT.OWN_CELLS):
            self.memory.lower(cell, 6)
        for i, level in enumerate(grid.levels):
            y, j = divmod(i, grid.width)
            self.row, self.column = grid.rows[y], grid.columns[j]
            if j == 0:
                self.memory.new_row()
            if j == 0 and (y < 16 or y % 4 == 0):
                grid.factors()
            if j % 8 == 0:
                self.ratio = self.row.ratio
            self.look()
            grid.levels[i] = self.refined(i, level) if level else self.found(i)

    def look(self) -> None:
        """The average, as it is now."""
        self.average = limited(self.memory.chance(AT.AVERAGE), 65520, 16)
        self.level = stretch(self.average)
        self.density = limited((self.level + 1536) // 224, 7)

    def neighbours(self, i: int) -> list[int]:
        """The six, by the bits of the pattern."""
        grid, v = self.grid, self.grid.period
        if self.passes:
            v = v or grid.width
            beside = [grid.left(i, d) for d in (1, -1, v, -v)]
            return [*beside, grid.at(i - grid.width), grid.at(i + grid.width)]
        v = v or grid.width + 1
        return [*(grid.left(i, d) for d in (1, 2, v, v - 1, v + 1)), grid.at(i - grid.width)]

    def found(self, i: int) -> int:
        """An element not hit before: its level, or what is known of it after this pass."""
        beside, window = self.neighbours(i), self.grid.window(i) if self.max else []
        hit = self.hit(beside, window)
        level = 0
        if hit:
            negative = self.grid.signed and self.sign(beside, window)
            magnitude = 1 if self.passes else self.magnitude(beside)
            level = -magnitude if negative else magnitude
        for line in (self.row, self.column):
            line.hits, line.signs = line.hits + hit, line.signs + sign_of(level)
        return level

    def hit(self, beside: list[int], window: list[int]) -> int:
        column, density = self.column, self.density
        pattern = sum((level != 0) << bit for bit, level in enumerate(beside))
        self.crowd = min(sum(level != 0 for level in beside[: 4 if self.passes else 5]), 3)
        place = limited((self.level + self.ratio + column.own + 1664) // 104, 31)
        row, own, *others = (
            limited((x + 768) >> 6, 23) for x in (self.ratio, column.own, column.hint, column.near, column.wide)
        )
        cells = [AT.HIT_BIN + place * 4 + self.crowd, AT.HIT_PATTERN + pattern * 8 + density]
        cells.append(AT.HIT_RATIOS + row * 24 + own)
        sets = [AT.SET_HIT + self.crowd * AT.SET]
        if self.max:
            others.append(min(sum(level != 0 for level in window), 11))
            firsts = (AT.HIT_HINT, AT.HIT_NEAR, AT.HIT_WIDE, AT.HIT_WINDOW)
            cells += [first + other * 8 + density for first, other in zip(firsts, others, strict=True)]
            sets.append(AT.SET_HIT_SLOW + density * AT.SET)
        signals = [self.level, self.ratio, column.own, column.hint]
        if density == 7 and not self.max:
            bit = self.memory.alone(self.code, cells[0])
        else:
            bit = self.memory.mix(self.code, cells, signals, sets)
        self.memory.learn(AT.AVERAGE, bit)
        self.row.expected += (self.average * column.factor) >> 8
        return bit

    def sign(self, beside: list[int], window: list[int]) -> int:
        four = beside[:4] if self.passes else [beside[0], beside[2], beside[5], beside[1] or beside[3]]
        pattern = sum(sign_of(level) % 3 * 3**place for place, level in enumerate(four))
        slope, sums = score(self.column.slope), score(sum(map(sign_of, window)))
        cells = [AT.SIGN_PATTERN + pattern, AT.SIGN_ROW + score(self.row.signs)]
        cells += [AT.SIGN_COLUMN + score(self.column.signs), AT.SIGN_NEAR + slope]
        sets = [AT.SET_SIGN]
        if self.max:
            cells += [AT.SIGN_WINDOW + sums, AT.SIGN_SUM + sums * 16 + slope]
            sets.append(AT.SET_SIGN_SLOW + self.crowd * AT.SET)
        return self.memory.mix(self.code, cells, [256], sets)

    def magnitude(self, beside: list[int]) -> int:
        grid, near = self.grid, (beside[0] or beside[1], beside[2] or beside[5])
        pair = [bisect_right((1, 2, 3, 5, 9), abs(level)) for level in near]
        row, column = (min(self.mean(line) >> 6, 11) for line in (self.row, self.column))
        whole, length = min(grid.mean >> 6, 11), 0
        while self.longer(length, row * 12 + column, 6 * pair[0] + pair[1], whole):
            length += 1
        grid.mean += ((256 * length - grid.mean) * RATES[min(grid.lengths, 1023)]) >> 16
        grid.lengths += 1
        self.row.lengths += length
        self.column.lengths += length
        value = int(length > 0)
        for place in range(length - 1):
            cell = AT.MANTISSA + (min(length, 7) * 8 + value) * 12 + whole
            value = 2 * value + (self.memory.alone(self.code, cell) if place < 3 else self.code.decision(32768))
        return value + 1

    def mean(self, line: Line) -> int:
        """The mean length of a row or column."""
        above, below = 256 * line.lengths + 2 * self.grid.mean, line.hits + 2
        return above * ((1 << 20) // below) >> 20 if line.hits < 1024 else above // below

    def longer(self, i: int, means: int, beside: int, whole: int) -> int:
        k = min(i, 7)
        cells = [AT.LENGTH_JOINT + k * 144 + means, AT.LENGTH_BESIDE + k * 36 + beside]
        sets = [AT.SET_LENGTH + k * AT.SET]
        if self.max:
            cells.append(AT.LENGTH_OWN + i)
            sets.append(AT.SET_LENGTH_SLOW + whole * AT.SET)
        elif i >= 3:
            return self.memory.alone(self.code, cells[0])
        return self.memory.mix(self.code, cells, [256], sets)

    def refined(self, i: int, level: int) -> int:
        known, sides = abs(level), [self.grid.left(i, 1), self.grid.left(i, -1)]
        age = min(known.bit_length(), 4) - 1
        own = age * 4 + (known & 3)
        cells = [AT.REFINE_OWN + own, AT.REFINE_DENSITY + own * 8 + self.density]
        cells.append(AT.REFINE_BESIDE + own * 3 + sum(side != 0 for side in sides))
        bit = self.memory.mix(self.code, cells, [256], [AT.SET_REFINE + AT.SET * (age > 0)])
        return 2 * level + (bit if level > 0 else -bit)


def score(x: int) -> int:
    """The class of a sum of signs."""
    size = bisect_right((1, 2, 3, 4, 6, 10, 18), abs(x))
    return 8 + (size if x >= 0 else -size)


class Mixed:
    """What a lane learns."""

    def __init__(self, preset: str) -> None:
        self.preset, self.memories = preset, [Memory(preset, kind) for kind in range(3)]
        self.before: Grid | None = None

    def plain(self, code: Any, part: Any) -> list[int]:
        grid = self.start(part)
        grid.hints()
        Scan(self.preset, code, self.memories[part.kind], grid, False).run()
        return grid.levels

    def start(self, part: Any) -> Grid:
        grid = Grid(part, self.before if part.kind else None)
        if part.kind:
            self.before = grid
        return grid

    def scan_pass(self, code: Any, grids: list[Grid]) -> None:
        """One more bit of every part of the lane."""
        for grid in grids:
            grid.hints()
            Scan(self.preset, code, self.memories[2], grid, True).run()
