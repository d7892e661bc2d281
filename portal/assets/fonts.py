"""Cut the font's second file into pieces that a page of names can afford; used by the asset build alone."""

from io import BytesIO
from pathlib import Path

from fontTools import subset

LATIN = "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2"
EXTENDED = "@fontsource-variable/inter/files/inter-latin-ext-wght-normal.woff2"  # 85 KB in one piece
# Which letters a piece holds, in CSS's words: the languages of Europe, then what is rarer. Letters in
# neither are drawn with the system's font.
PIECES = {
    "inter-europe.woff2": "U+0100-017F, U+0218-021B",
    "inter-rare.woff2": "U+0180-0217, U+021C-0233, U+1E80-1E85, U+1E9E, U+1EF2-1EF3, U+20A0-20AB, "
    "U+20AD-20C0",
}


def files(modules: Path) -> dict[str, bytes]:
    """Return the font's files by their logical names."""
    found = {"inter-latin.woff2": (modules / LATIN).read_bytes()}
    return found | {name: cut(modules / EXTENDED, mail_messages) for name, mail_messages in PIECES.items()}


def cut(path: Path, mail_messages: str) -> bytes:
    """Return a font with only the letters of a CSS unicode-range; weights and features stay."""
    options = subset.Options(flavor="woff2", layout_features=["*"])
    made = BytesIO()
    with subset.load_font(str(path), options) as font:
        subsetter = subset.Subsetter(options)
        subsetter.populate(unicodes=codes(mail_messages))
        subsetter.subset(font)
        subset.save_font(font, made, options)
    return made.getvalue()


def codes(mail_messages: str) -> list[int]:
    """List the code points of a CSS unicode-range."""
    found: list[int] = []
    for part in mail_messages.split(","):
        first, _, last = part.strip().removeprefix("U+").partition("-")
        found.extend(range(int(first, 16), int(last or first, 16) + 1))
    return found
