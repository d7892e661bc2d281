"""Cut the font's second file into pieces that a page of names can afford; used by the asset build alone."""

import re
from io import BytesIO
from pathlib import Path

from fontTools import subset

LATIN = "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2"
EXTENDED = "@fontsource-variable/inter/files/inter-latin-ext-wght-normal.woff2"  # 85 KB in one piece
# The stylesheet says which letters a piece holds: the languages of Europe, then what is rarer. Letters in
# neither are drawn with the system's font.
FACE = re.compile(r"url\(asset:(inter-(?:europe|rare)\.woff2)\)[^}]*unicode-range:([^;]+);")


def files(modules: Path, stylesheet: str) -> dict[str, bytes]:
    """Return the font's files by their logical names, cut as the stylesheet's font faces say."""
    whole = {"inter-latin.woff2": (modules / LATIN).read_bytes()}
    return whole | {
        name: cut(modules / EXTENDED, unicode_range) for name, unicode_range in FACE.findall(stylesheet)
    }


def cut(path: Path, unicode_range: str) -> bytes:
    """Return a font with only the letters of a CSS unicode-range; weights and features stay."""
    options = subset.Options(flavor="woff2", layout_features=["*"])
    output = BytesIO()
    with subset.load_font(str(path), options) as font:
        subsetter = subset.Subsetter(options)
        subsetter.populate(unicodes=codes(unicode_range))
        subsetter.subset(font)
        subset.save_font(font, output, options)
    return output.getvalue()


def codes(unicode_range: str) -> list[int]:
    """List the code points of a CSS unicode-range."""
    points: list[int] = []
    for part in unicode_range.split(","):
        first, _, last = part.strip().removeprefix("U+").partition("-")
        points.extend(range(int(first, 16), int(last or first, 16) + 1))
    return points
