"""Copies of a picture in which faces, numbers and names are hidden: black boxes, and nothing of what was there."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from PIL import Image

from core.domain.files import Box, Examined, FileState
from core.examine import pictures, previews, words

try:
    import pillow_heif
except ImportError:  # the extra `evidence` is not installed
    _HEIC = False
else:
    _HEIC = True

_FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP", "image/heic": "HEIF"}
#: A larger JPEG is decoded at a fraction of its size, in which a block of pixels becomes few.
_DRAFT_FROM, _BLOCK = 40_000_000, 16


def mask(path: Path, media_type: str, boxes: Sequence[Box], out: Path, prefix: str) -> Examined:
    """Save the picture with its boxes hidden, in the fixed sizes, as ``<prefix>-thumb.webp`` and so on."""
    Image.MAX_IMAGE_PIXELS = pictures.MOST_PIXELS
    if media_type == "image/heic" and _HEIC:
        pillow_heif.register_heif_opener(decode_threads=1, thumbnails=False)
    try:
        with path.open("rb") as file, warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image, grid = _opened(file, media_type)
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        return Examined(FileState.REFUSED, (words.TOO_LARGE,))
    except (OSError, SyntaxError, ValueError, KeyError, IndexError, TypeError, RuntimeError):
        return Examined(FileState.REFUSED, (words.DAMAGED,))
    hidden = hide(image, boxes, grid)
    saved = previews.all_sizes(hidden, out, prefix=prefix.rstrip("-") + "-")
    return Examined(FileState.READY, previews=tuple(saved))


def hide(image: Image.Image, boxes: Sequence[Box], grid: int = 1) -> Image.Image:
    """The picture, upright, every box of it black. Edges fall outwards, on whole blocks of `grid` pixels."""
    shown = previews.in_eight_bits(previews.upright(image))
    black = (0, 0, 0, 255)[: len(shown.getbands())] if shown.mode != "L" else 0
    for box in boxes:
        shown.paste(black, _edges(box, shown.size, grid))
    return shown


def _edges(box: Box, size: tuple[int, int], grid: int) -> tuple[int, int, int, int]:
    width, height = size
    return (
        math.floor(box.left * width / grid) * grid,
        math.floor(box.top * height / grid) * grid,
        min(width, math.ceil((box.left + box.width) * width / grid) * grid),
        min(height, math.ceil((box.top + box.height) * height / grid) * grid),
    )


def _opened(file: BinaryIO, media_type: str) -> tuple[Image.Image, int]:
    """The decoded picture; and the pixels over which a decoder's smaller copy may have spread what is hidden."""
    image = Image.open(file, formats=(_FORMATS[media_type],))
    whole = image.width
    if image.format in {"JPEG", "MPO"} and image.width * image.height > _DRAFT_FROM:
        image.draft(None, (previews.PAGE, previews.PAGE))
    image.load()
    return image, _BLOCK if image.width < whole else 1
