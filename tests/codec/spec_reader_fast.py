"""The preset `fast` of a `.surp` file, read by docs/format.md alone."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from itertools import accumulate
from typing import Any

from spec_reader_header import table

CLASSES = (1, 2, 3, 5, 8, 13, 21, 34, 55, 90, 144)
CHANCES = (1, 1, 2, 4, 6, 10, 16, 27, 44, 70, 115, 190)
SIZES = (12, 12, 10, 10, 8, 8, 7, 7, 6, 6, 3, 3, 2, 2, 1, 1)
EDGES = table("entropy/contexts.py", "EDGES")["EDGES"]


class Estimate:
    """A context: two estimates in 2^-28 and a count."""

    def __init__(self, chance: int = 1 << 15, seen: int = 0) -> None:
        self.slow = self.fast = chance << 12
        self.seen = seen

    @property
    def chance(self) -> int:
        return min(max((self.slow + self.fast) >> 13, 4), 65532)

    def learn(self, bit: int) -> None:
        slow, fast = ((131072 + n) // (2 * n + 3) for n in (self.seen, min(self.seen, 254)))
        self.slow += (((bit << 28) - self.slow) * slow) >> 16
        self.fast += (((bit << 28) - self.fast) * fast) >> 16
        self.seen = min(self.seen + 1, 1020)

    def decision(self, code: Any, inverted: bool = False) -> int:
        bit = code.decision(self.chance)
        self.learn(bit)
        return bit ^ inverted


class Symbols:
    """An adaptive distribution of 16 symbols."""

    def __init__(self, sizes: tuple[int, ...] = (1,) * 16) -> None:
        sums = list(accumulate(sizes))
        self.ends = [sums[i] * 65024 // sums[-1] + 32 * (i + 1) for i in range(15)]
        self.seen = 0

    def read(self, code: Any) -> int:
        symbol = code.symbol(self.ends)
        rate = 4 + bisect_right((16, 64, 256), self.seen)
        for i, end in enumerate(self.ends):
            self.ends[i] += (32 * (i + 1) + 65024 * (i >= symbol) - end) >> rate
        self.seen += 1
        return int(symbol)


def class_of(density: int) -> int:
    return bisect_right(CLASSES, min(density >> 8, 256))


class Kind:
    """What is learned of plain integers of one kind."""

    def __init__(self) -> None:
        self.any: dict[Any, Estimate] = defaultdict(Estimate)
        self.longer: dict[int, Estimate] = defaultdict(Estimate)
        pairs = [(a, b) for a in range(12) for b in range(12)]
        self.hit = {(a, b, c): Estimate(65536 * (CHANCES[a] + CHANCES[b]) // 512, 4) for a, b in pairs for c in (0, 1)}
        self.first = [Symbols() for _ in range(4)]
        self.size = [Symbols(SIZES) for _ in range(3)]

    def tensor(self, code: Any, size: int, width: int) -> list[int]:
        """All levels of one tensor."""
        levels: list[int] = []
        columns, rows = [4096] * width, 4096
        while len(levels) < size:
            column = len(levels) % width
            end = min(column + 16, width, column + size - len(levels))
            segment = self.segment(code, columns[column:end], rows)
            hits = sum(level != 0 for level in segment)
            for j, level in enumerate(segment, start=column):
                columns[j] += (
                    (65536 - columns[j]) >> 5 if level else -(columns[j] >> 5) if not hits else -columns[j] >> 5
                )
            rows += (hits * 65536 // len(segment) - rows) >> 2 if hits else -(rows >> 2)
            levels += segment
        return levels

    def segment(self, code: Any, columns: list[int], rows: int) -> list[int]:
        """The levels of one segment. columns: their densities."""
        count, row = len(columns), class_of(rows)
        if not self.any[class_of(count * (sum(columns) // count)), row // 3].decision(code):
            return [0] * count
        levels = [0] * self.first[row // 3].read(code)
        levels.append(self.value(code, 0))
        last = levels[-1]
        while len(levels) < count:
            context = class_of(columns[len(levels)]), row, int(levels[-1] != 0)
            hit = self.hit[context].decision(code)
            levels.append(self.value(code, bisect_right((3, 8), abs(last))) if hit else 0)
            last = levels[-1] or last
        return levels

    def value(self, code: Any, number: int) -> int:
        """The value of a hit."""
        half, negative = divmod(self.size[number].read(code), 2)
        if half < 3:
            magnitude = half + 1
        elif half < 6:
            magnitude = (1 << (half - 1)) + code.bits(half - 1)
        else:
            magnitude = self.large(code)
        return -magnitude if negative else magnitude

    def large(self, code: Any) -> int:
        length = 5
        while self.longer[length].decision(code):
            length += 1
        value, left = 1, length - 1
        while left:
            bits = min(left, 12)
            value, left = value << bits | code.bits(bits), left - bits
        return value + 1


class Grid:
    """A part described in passes: levels so far; of rows and columns hits, hits expected, sums of signs."""

    def __init__(self, size: int, width: int) -> None:
        self.levels, self.width = [0] * size, width
        self.row = [[0, 0, 0] for _ in range(-(-size // width))]
        self.column = [[0, 0, 0] for _ in range(width)]

    def beside(self, i: int) -> list[int]:
        """Signs of the neighbours left, right, above, below."""
        j, found = i % self.width, []
        if j:
            found.append(i - 1)
        if j + 1 < self.width:
            found.append(i + 1)
        places = [*found, i - self.width, i + self.width]
        levels = [self.levels[place] for place in places if 0 <= place < len(self.levels)]
        return [(level > 0) - (level < 0) for level in levels]


def hit_bin(chance: int) -> int:
    return bisect_right(EDGES, chance - chance % 16 if chance >= 4096 else chance)


def first_of_bin(number: int) -> Estimate:
    """A context of hits as it starts: halfway between its edges."""
    edges = (2, *EDGES, 65534)
    return Estimate((edges[number] + edges[number + 1]) // 2, 6)


class Fast:
    """What a lane learns."""

    def __init__(self) -> None:
        self.kinds = (Kind(), Kind())
        self.hit = {(b, n): first_of_bin(b) for b in range(len(EDGES) + 1) for n in range(3)}
        self.sign = [Estimate() for _ in range(4)]
        self.refine = {(age, bits): Estimate(28672, 6) for age in range(4) for bits in range(4)}
        self.average = Estimate(8192)

    def plain(self, code: Any, part: Any) -> list[int]:
        return self.kinds[part.kind].tensor(code, part.size, part.width)

    def start(self, part: Any) -> Grid:
        return Grid(part.size, part.width)

    def scan_pass(self, code: Any, grids: list[Grid]) -> None:
        """One more bit of every part of the lane."""
        for grid in grids:
            self.average.seen = min(self.average.seen, 4)
            for i, level in enumerate(grid.levels):
                grid.levels[i] = self.refined(code, level) if level else self.found(code, grid, i)

    def refined(self, code: Any, level: int) -> int:
        known = abs(level)
        bit = self.refine[min(known.bit_length(), 4) - 1, known & 3].decision(code)
        return 2 * level + (bit if level > 0 else -bit)

    def found(self, code: Any, grid: Grid, i: int) -> int:
        """0, or the sign of a hit."""
        row, column, beside = grid.row[i // grid.width], grid.column[i % grid.width], grid.beside(i)
        average = self.average.chance
        q_row, q_column = (min(1 << 14, ((line[0] + 65536) << 8) // (line[1] + 65536)) for line in (row, column))
        chance = min(((average * q_row >> 8) * q_column) >> 8, 65535)
        hit = self.hit[hit_bin(chance), min(sum(map(abs, beside)), 2)].decision(code)
        self.average.learn(hit)
        score = row[2] + column[2] + 2 * sum(beside)
        sign = (1 - 2 * self.sign[bisect_right((1, 3, 7), abs(score))].decision(code, score < 0)) if hit else 0
        for line in (row, column):
            line[0], line[1], line[2] = line[0] + 65536 * hit, line[1] + average, line[2] + sign
        return sign
