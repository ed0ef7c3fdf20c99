"""Who looks at a picture, and when, written over it: what leaks tells who leaked it."""

from __future__ import annotations

import io
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

from PIL import Image, ImageDraw, ImageFont

#: Only previews come here, which the product made itself: none is longer, and none is of another format.
LONGEST = 1600
_FOLDERS = (
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "~/.local/share/fonts",
    "~/.fonts",
    "/System/Library/Fonts",
    "/Library/Fonts",
    "C:/Windows/Fonts",
)
#: Fonts with Chinese letters, the best first.
_NAMES = (
    "NotoSansCJK-Regular",
    "NotoSansCJKsc-Regular",
    "NotoSansSC-Regular",
    "NotoSansSC",
    "SourceHanSansSC-Regular",
    "SourceHanSansCN-Regular",
    "SourceHanSans-Regular",
    "wqy-microhei",
    "wqy-zenhei",
    "PingFang",
    "msyh",
    "simhei",
)
_ENDINGS = {".ttf", ".ttc", ".otf"}
_QUALITY = 80
_SLANT = 24
#: How much of the writing covers the picture, of 255: its inside is light, its rim dark.
_LIGHT, _DARK = 88, 72

_Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


def stamp(data: bytes | BinaryIO, name: str, login: str, at_text: str) -> bytes:
    """One of our own previews with the viewer's name and the time all over it, as WebP.

    Without a font that has Chinese letters the login stands for the name: empty boxes would tell nobody.
    """
    with Image.open(io.BytesIO(data) if isinstance(data, bytes) else data, formats=("WEBP",)) as preview:
        if max(preview.size) > LONGEST:
            raise ValueError("no preview of ours is as large as this")
        picture = preview.convert("RGB")
    who = name if _chinese() else login
    _cover(picture, _words(f"{who}  {at_text}", max(13, max(picture.size) // 55)))
    made = io.BytesIO()
    picture.save(made, "WEBP", quality=_QUALITY, method=0)
    return made.getvalue()


def _cover(picture: Image.Image, words: Image.Image) -> None:
    """Lay the words all over the picture, every other line moved by half."""
    across, down = words.width + words.width // 6, int(words.height * 0.8)
    for line, top in enumerate(range(-words.height // 2, picture.height, down)):
        for left in range(-across // 2 * (line % 2), picture.width, across):
            picture.paste(words, (left, top), words)


@lru_cache(maxsize=128)
def _words(text: str, size: int) -> Image.Image:
    """The words, slanted, on nothing: light with a dark rim, to be read on dark and light."""
    font = _font(size)
    left, top, right, bottom = ImageDraw.Draw(Image.new("L", (1, 1))).textbbox(
        (0, 0), text, font, stroke_width=1
    )
    flat = Image.new("RGBA", (int(right - left) + 4, int(bottom - top) + 4))
    ImageDraw.Draw(flat).text(
        (2 - left, 2 - top),
        text,
        (255, 255, 255, _LIGHT),
        font,
        stroke_width=1,
        stroke_fill=(0, 0, 0, _DARK),
    )
    return flat.rotate(_SLANT, Image.Resampling.BICUBIC, expand=True)


@lru_cache(maxsize=8)
def _font(size: int) -> _Font:
    path = _chinese()
    if path is None:
        return ImageFont.load_default(size)
    # A collection holds a font for each country: the simplified one, where it is there.
    for index in range(10) if path.suffix == ".ttc" else ():
        try:
            font = ImageFont.truetype(path, size, index)
        except OSError:
            break
        if "SC" in (font.getname()[0] or ""):
            return font
    return ImageFont.truetype(path, size)


@lru_cache(maxsize=1)
def _chinese() -> Path | None:
    """A font with Chinese letters, looked for once; None where the system has none."""
    found: dict[str, Path] = {}
    for folder in _FOLDERS:
        for path in Path(folder).expanduser().rglob("*"):
            if path.suffix in _ENDINGS:
                found.setdefault(path.stem, path)
    return next((found[name] for name in _NAMES if name in found), None)
