"""Saving a picture as previews of fixed sizes, with its pixels alone: no EXIF, profile, thumbnail or comment."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from core.domain.files import Preview

THUMB, PAGE = 320, 1600
#: Pages of one document that are drawn, at most.
MOST_PAGES = 20
_QUALITY = 80
#: Effort of the encoder: more of it saves a tenth of the bytes and takes twice the time.
_EFFORT = 2
_DEEP = ("I", "I;16", "I;16L", "I;16B", "I;16N")


def all_sizes(image: Image.Image, out: Path, page: int = 1, prefix: str = "") -> list[Preview]:
    """Save a page, and for the first one its thumbnail too."""
    whole = plain(image, PAGE)
    saved = [save(whole, out, f"{prefix}page-{page}.webp", PAGE)]
    if page == 1:
        saved.insert(0, save(whole, out, f"{prefix}thumb.webp", THUMB))
    return saved


def save(image: Image.Image, out: Path, name: str, longest: int) -> Preview:
    """Write a picture as WebP, upright, its longer side at most `longest` pixels; it is never enlarged."""
    shown = plain(image, longest)
    with (out / name).open("wb") as file:
        shown.save(file, "WEBP", quality=_QUALITY, method=_EFFORT)
    return Preview(name, *shown.size)


def plain(image: Image.Image, longest: int) -> Image.Image:
    """A new picture of the pixels alone: upright, small enough, RGB, white where the original is transparent.

    It is made small before it is turned and copied, so that a large original stands in memory once.
    """
    turn = turn_of(image)
    image = _small(in_eight_bits(image), longest)
    clean = Image.new("RGB", image.size, "white")
    clean.paste(image.convert("RGB"), mask=image.getchannel("A") if image.mode == "RGBA" else None)
    return clean.transpose(turn) if turn is not None else clean


def in_eight_bits(image: Image.Image) -> Image.Image:
    """The picture as L, RGB or RGBA: what can be drawn upon and made smaller; itself where it is one already."""
    if image.mode in _DEEP:
        image = image.point(lambda value: value * (1 / 256)).convert("L")
    if image.has_transparency_data:
        return image if image.mode == "RGBA" else image.convert("RGBA")
    return image if image.mode in {"RGB", "L"} else image.convert("RGB")


def upright(image: Image.Image) -> Image.Image:
    """The picture as a viewer sees it: turned or mirrored as its EXIF orientation asks."""
    turn = turn_of(image)
    if turn is None:
        return image
    turned = image.transpose(turn)
    # A copy keeps what it was turned by, and would be turned again.
    turned.info = {key: value for key, value in image.info.items() if key in {"transparency", "icc_profile"}}
    return turned


def _small(image: Image.Image, longest: int) -> Image.Image:
    """The picture itself where it is small enough; at least one pixel stays of a narrow side."""
    if max(image.size) <= longest:
        return image
    scale = longest / max(image.size)
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)


_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def turn_of(image: Image.Image) -> Image.Transpose | None:
    """How a picture must be turned to be seen upright; a broken orientation turns nothing."""
    try:
        return _TURNS.get(image.getexif().get(0x0112, 1))
    except Exception:  # noqa: BLE001  # whatever a broken EXIF block makes the reader raise, the pixels stand
        return None
