"""The one style of all figures: column width, colours that agree among figures, and what goes in and out of them."""

from __future__ import annotations

import textwrap
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib as mpl
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from surp.errors import SurpError
from surp.files import atomic
from surp.names import twin

COLUMN, PAGE = 3.4, 7.0
"""Widths of one and two columns of a paper, inches."""
Color = tuple[float, float, float]
GREY: Color = (0.45, 0.45, 0.45)
DASHES: tuple[Any, ...] = ("-", (0, (4, 1.5)), (0, (1, 1.2)), (0, (5, 1.2, 1, 1.2)))
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "h")
PALETTE: tuple[Color, ...] = tuple(c for k, c in enumerate(sns.color_palette("colorblind", 10)) if k != 7)
"""Seaborn's colour-blind-safe colours without its grey, which is kept for what is no method."""

_KNOWN = (
    *("surp", "global_magnitude_norm", "lamp", "uniform", "random", "surp_embedded", "global_magnitude"),
    *("erk", "uniform_plus", "gradual", "rigl", "snip", "obd"),
)
_METADATA: dict[str, dict[str, Any]] = {
    "svg": {"Date": None, "Creator": "surp"},
    "png": {"Software": "surp"},
    "pdf": {"CreationDate": None, "Creator": "surp", "Producer": "surp"},
}
_RC: dict[str, Any] = {
    "font.family": "DejaVu Sans",
    **dict.fromkeys(("font.size", "axes.titlesize", "axes.labelsize"), 7.5),
    **dict.fromkeys(("xtick.labelsize", "ytick.labelsize"), 7),
    **{"legend.fontsize": 6.5, "legend.frameon": False, "legend.handlelength": 2.2},
    **{"lines.linewidth": 1.2, "lines.markersize": 3.2, "lines.markeredgewidth": 0.7},
    **dict.fromkeys(("axes.linewidth", "xtick.major.width", "ytick.major.width"), 0.6),
    **dict.fromkeys(("grid.linewidth", "xtick.minor.width", "ytick.minor.width"), 0.4),
    **{"xtick.major.size": 2.5, "ytick.major.size": 2.5, "xtick.minor.size": 1.5, "ytick.minor.size": 1.5},
    **{"savefig.dpi": 300, "svg.hashsalt": "surp", "svg.fonttype": "path", "pdf.fonttype": 42},
}


@contextmanager
def style() -> Iterator[None]:
    """The style, for as long as a figure is drawn or saved; nothing global is changed."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update({**sns.plotting_context("paper"), **sns.axes_style("whitegrid"), **_RC})
        yield


def grid(
    count: int, columns: int, width: float, height: float, margin: float = 0.0, **kwargs: Any
) -> tuple[Figure, list[Axes]]:
    """A figure with `count` axes, row by row; height: inches a row. Without pyplot, so that it needs no display."""
    rows = -(-count // columns)
    figure = Figure(figsize=(width, height * rows + margin), layout="constrained")
    FigureCanvasAgg(figure)
    axes = list(figure.subplots(rows, columns, squeeze=False, **kwargs).flat)
    for k, ax in enumerate(axes):
        sns.despine(ax=ax)
        ax.set_axisbelow(True)
        ax.set_visible(k < count)
    return figure, axes[:count]


def narrow_grid(count: int) -> tuple[Figure, list[Axes]]:
    """`grid` of small panels that share their axis of values, at most four beside each other."""
    columns = min(4, count)
    few = columns <= 2
    return grid(count, columns, COLUMN if few else PAGE, 1.9 if few else 1.5, 0.8, sharey=True)


def save(figure: Figure, paths: Iterable[Path]) -> None:
    """Write the figure to each path, atomically, in the format of its suffix; equal figures give equal bytes.

    Raises `SurpError` naming the path for a suffix other than svg, png or pdf.
    """
    for path in paths:
        kind = path.suffix.lstrip(".").lower()
        if kind not in _METADATA:
            raise SurpError(f"{path}: figures are written as {', '.join(sorted(_METADATA))} (got {path.suffix!r})")
        with style(), atomic(path) as temporary:
            figure.savefig(temporary, format=kind, metadata=_METADATA[kind])


def looks(names: Sequence[str]) -> dict[str, tuple[Color, str]]:
    """Colour and marker of each name. A name has the same ones in every figure, whatever stands beside it.

    Known names come first; SuRP's twin has one look under either of its names. Others find their place by checksum;
    only when two of one figure meet does one move on.
    """
    known = _known(names)
    ordered = sorted(set(names), key=lambda name: (name not in known, known.index(name) if name in known else name))
    places = {name: k for k, name in enumerate(known)}
    count = max(len(PALETTE), len(known))
    for name in sorted(set(names) - set(known)):
        place = zlib.crc32(name.encode()) % count
        taken = {places[n] for n in names if n in places}
        places[name] = next((p for k in range(count) if (p := (place + k) % count) not in taken), place)
    return {name: (_color(places[name]), MARKERS[places[name] % len(MARKERS)]) for name in ordered}


def _color(place: int) -> Color:
    """The first two colours, SuRP's and its twin's, are never given again."""
    return PALETTE[place] if place < 2 else PALETTE[2 + (place - 2) % (len(PALETTE) - 2)]


def _known(names: Sequence[str]) -> list[str]:
    """The known names with SuRP's twin of these names in the second place."""
    first = [_KNOWN[0], twin(names) or _KNOWN[1]]
    return [*first, *(name for name in _KNOWN if name not in first)]


def footer(figure: Figure, text: str) -> None:
    """Small print at the bottom: seeds, n, versions."""
    width = int(figure.get_size_inches()[0] * 27)
    figure.supxlabel("\n".join(textwrap.wrap(text, width)), x=0.01, ha="left", fontsize=5, color=GREY)


def legend(figure: Figure, handles: Sequence[Any], most: int) -> None:
    """One legend for all panels, above them, in rows of about equal length and at most `most` entries."""
    rows = -(-len(handles) // most)
    figure.legend(handles=handles, loc="outside upper center", ncols=-(-len(handles) // rows), columnspacing=1.2)
