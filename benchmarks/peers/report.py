"""The tables of `bench_peers.py`: one row a coder with its means, then one row a network with all coders' bytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import exp, log

REFERENCE = "nncodec 2.1.3"
KINDS = ("pruned", "dense", "synthetic")
WANTED = 0.93


@dataclass(frozen=True)
class Row:
    """One coder on one network; seconds are 0 where nothing was run (the entropy)."""

    kind: str
    network: str
    coder: str
    elements: int
    bytes: float
    encode: float = 0.0
    decode: float = 0.0


def report(rows: Sequence[Row], ours: Sequence[str]) -> str:
    """Markdown; `ours` are the coders that are held against the target."""
    coders = [*ours, REFERENCE, *(c for c in dict.fromkeys(row.coder for row in rows) if c not in (*ours, REFERENCE))]
    lines = ["# Same integers, complete files", "", *_summary(rows, coders), "", *_targets(rows, ours)]
    for kind in KINDS:
        if any(row.kind == kind for row in rows):
            lines += ["", f"## {kind.capitalize()} networks: bytes", "", *_networks(rows, kind, coders)]
    lines += ["", "## Speed on each network: M weights/s, encode / decode", "", *_speeds(rows, coders)]
    return "\n".join(lines) + "\n"


def _summary(rows: Sequence[Row], coders: Sequence[str]) -> Iterator[str]:
    yield (
        f"Bytes over those of {REFERENCE}: geometric mean over networks, and the worst. M weights/s, CPU time of one "
        "core: geometric mean over the pruned and dense networks, and over the larger synthetic sets. Entropy: of each "
        "tensor's histogram, without tables, names or shapes; no file."
    )
    yield ""
    yield (
        "| coder | pruned, mean | pruned, worst | dense, mean | dense, worst | networks, encode | networks, decode "
        "| synthetic, encode | synthetic, decode |"
    )
    yield "|---|" + "---:|" * 8
    for coder in coders:
        cells = [coder]
        for kind in KINDS[:2]:
            found = ratios(rows, coder, kind)
            cells += [f"{mean(found):.3f}", f"{max(found):.3f}"] if found else ["", ""]
        for kinds in (KINDS[:2], KINDS[2:]):
            timed = [row for row in rows if row.coder == coder and row.kind in kinds and row.encode]
            cells += [_rate(mean(r.elements / r.encode for r in timed)) if timed else ""]
            cells += [_rate(mean(r.elements / r.decode for r in timed)) if timed else ""]
        yield f"| {' | '.join(cells)} |"


def _targets(rows: Sequence[Row], ours: Sequence[str]) -> Iterator[str]:
    yield f"Target: geometric mean over pruned networks at most {WANTED}, above 1 on none; at most 1 on dense ones."
    yield ""
    for coder in ours:
        pruned, dense = ratios(rows, coder, "pruned"), ratios(rows, coder, "dense")
        if pruned:
            reached = mean(pruned) <= WANTED and max(pruned) <= 1 and max(dense, default=0) <= 1
            larger = sum(ratio > 1 for ratio in pruned + dense)
            yield f"* {coder}: {'reached' if reached else 'not reached'}; larger on {larger} of {len(pruned + dense)}."


def _networks(rows: Sequence[Row], kind: str, coders: Sequence[str]) -> Iterator[str]:
    yield f"| network | elements | {' | '.join(coders)} |"
    yield "|---|" + "---:|" * (len(coders) + 1)
    for network, elements, found in _by_network(rows, kind):
        base = found[REFERENCE].bytes
        cells = [f"{found[c].bytes:,.0f} ({found[c].bytes / base:.3f})" for c in coders]
        yield f"| {network} | {elements:,} | {' | '.join(cells)} |"


def _speeds(rows: Sequence[Row], coders: Sequence[str]) -> Iterator[str]:
    timed = [c for c in coders if any(row.coder == c and row.encode for row in rows)]
    yield f"| network | {' | '.join(timed)} |"
    yield "|---|" + "---:|" * len(timed)
    for kind in KINDS:
        for network, elements, found in _by_network(rows, kind):
            cells = [f"{_rate(elements / found[c].encode)} / {_rate(elements / found[c].decode)}" for c in timed]
            yield f"| {network} | {' | '.join(cells)} |"


def _by_network(rows: Sequence[Row], kind: str) -> Iterator[tuple[str, int, dict[str, Row]]]:
    for network in dict.fromkeys(row.network for row in rows if row.kind == kind):
        found = {row.coder: row for row in rows if row.network == network and row.kind == kind}
        yield network, found[REFERENCE].elements, found


def ratios(rows: Sequence[Row], coder: str, kind: str) -> list[float]:
    """Bytes of `coder` over those of the reference, network by network."""
    return [found[coder].bytes / found[REFERENCE].bytes for _, _, found in _by_network(rows, kind)]


def mean(values: Iterable[float]) -> float:
    """Geometric mean."""
    logarithms = [log(value) for value in values]
    return exp(sum(logarithms) / len(logarithms))


def _rate(per_second: float) -> str:
    return f"{per_second / 1e6:.3g}"
