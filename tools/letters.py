"""Pictures of letters, drawn with the fonts that come with matplotlib: data for the coder's priors.

No table of this project is made from these pictures, so what priors learn from networks trained on them is not
learned from a network, a seed or a data set that is measured. Ten classes (upper and lower case alike), turned,
sheared, scaled, shifted and blurred at random; grey, 28 x 28 (the LeNets), or coloured on a coloured ground, 32 x 32
(ResNet-20). The same seed draws the same pictures with the same versions of Pillow and matplotlib.
"""

from __future__ import annotations

from pathlib import Path

import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from surp.data import Dataset, Split, write_dataset

CLASSES = tuple("ABDEGHKQRT")
FONTS = ("DejaVuSans", "DejaVuSans-Bold", "DejaVuSansMono-Oblique", "DejaVuSerif", "DejaVuSerif-BoldItalic", "cmr10")
FONTS += ("STIXGeneral", "STIXGeneralBolIta", "cmtt10", "cmti10", "cmss10")
CANVAS = 56
"""Letters are drawn at twice the size, so that shrinking smooths their edges."""


def write_letters(train: Path, test: Path, *, count: int, colour: bool, seed: int = 0) -> None:
    """Write both splits, `count` training pictures and a tenth as many for the test."""
    splits = [draw_split(n, colour, np.random.default_rng([seed, part])) for part, n in enumerate((count, count // 10))]
    write_dataset(Dataset("letters", *splits, CLASSES, "drawn by tools/letters.py"), train, test)


def draw_split(count: int, colour: bool, rng: np.random.Generator) -> Split:
    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    fonts = [ImageFont.truetype(str(folder / f"{name}.ttf"), size) for name in FONTS for size in (30, 36, 42)]
    labels = rng.integers(len(CLASSES), size=count)
    side = 32 if colour else 28
    images = np.empty((count, 3 if colour else 1, side, side), dtype=np.uint8)
    for index, label in enumerate(labels):
        letter = CLASSES[label] if rng.random() < 0.5 else CLASSES[label].lower()
        ink = draw_letter(letter, fonts[rng.integers(len(fonts))], side, rng)
        images[index] = coloured(ink, rng) if colour else ink
    return Split(images, labels.astype(np.int64))


def draw_letter(letter: str, font: ImageFont.FreeTypeFont, side: int, rng: np.random.Generator) -> np.ndarray:
    """White on black, uint8, shape (side, side)."""
    image = Image.new("L", (CANVAS, CANVAS))
    ImageDraw.Draw(image).text((CANVAS / 2, CANVAS / 2), letter, fill=255, font=font, anchor="mm")
    turn, shear, scale = rng.normal(0, 0.15), rng.normal(0, 0.15), np.exp(rng.normal(0, 0.1, size=2))
    across = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) @ [[1, shear], [0, 1]] / scale
    shift = CANVAS / 2 + rng.normal(0, 2.5, size=2) - across @ [CANVAS / 2, CANVAS / 2]
    image = image.transform(image.size, Image.Transform.AFFINE, (*across[0], shift[0], *across[1], shift[1]))
    image = image.filter(ImageFilter.GaussianBlur(rng.uniform(0, 1.6)))
    return np.asarray(image.resize((side, side), Image.Resampling.BOX))


def coloured(ink: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A letter of one colour on a ground that runs from a second colour to a third; uint8, shape (3, side, side)."""
    colours = rng.uniform(0, 255, size=(3, 3, 1, 1))
    slope = np.linspace(0, 1, ink.shape[0])
    ramp = slope[:, None] if rng.random() < 0.5 else slope[None, :]
    ground = colours[1] * ramp + colours[2] * (1 - ramp)
    share = ink / 255
    noise = rng.normal(0, 12, size=(3, *ink.shape))
    return (share * colours[0] + (1 - share) * ground + noise).clip(0, 255).astype(np.uint8)
