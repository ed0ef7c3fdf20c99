"""Makers of pictures for the tests: good ones, and pieces of which bad ones are built."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from functools import cache
from typing import Any

import numpy as np
import pillow_heif
from PIL import Image
from PIL.TiffImagePlugin import IFDRational

SOI, EOI = b"\xff\xd8", b"\xff\xd9"


def scene(width: int, height: int) -> Image.Image:
    """A picture with slopes and edges, the same each time."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[..., 0] = np.linspace(0, 255, width, dtype=np.uint8)[None]
    pixels[..., 1] = np.linspace(0, 255, height, dtype=np.uint8)[:, None]
    pixels[::9, ::7] += 40
    return Image.fromarray(pixels)


def busy(width: int, height: int) -> Image.Image:
    """A picture with enough in it to be told from others, the same each time."""
    image, chance = scene(width, height), np.random.default_rng(7)
    for _ in range(40):
        left, top = int(chance.integers(width)), int(chance.integers(height))
        box = (left, top, left + width // 5, top + height // 6)
        image.paste(tuple(int(part) for part in chance.integers(0, 256, 3)), box)
    return image


def encoded(image: Image.Image, form: str, **options: Any) -> bytes:
    pillow_heif.register_heif_opener()
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


@cache
def jpeg(width: int = 640, height: int = 480) -> bytes:
    return encoded(scene(width, height), "JPEG", quality=88)


@cache
def png() -> bytes:
    return encoded(scene(320, 240), "PNG")


@cache
def webp() -> bytes:
    return encoded(scene(320, 240), "WEBP")


@cache
def heic() -> bytes:
    return encoded(scene(640, 480), "HEIF")


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_of(width: int, height: int, *chunks: bytes, depth: int = 8, colour: int = 2) -> bytes:
    """A PNG of zeros, of any size that it likes to claim, with further chunks after its head."""
    row = 1 + (width * depth * {0: 1, 2: 3, 3: 1, 6: 4}[colour] + 7) // 8
    packer = zlib.compressobj(9)
    body = [*(packer.compress(bytes(row)) for _ in range(height)), packer.flush()]
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    return (
        b"\x89PNG\r\n\x1a\n" + head + b"".join(chunks) + chunk(b"IDAT", b"".join(body)) + chunk(b"IEND", b"")
    )


def into_jpeg(marker: int, content: bytes, whole: bytes | None = None) -> bytes:
    """A JPEG with one more segment behind its start."""
    whole = whole or jpeg()
    return whole[:2] + bytes((0xFF, marker)) + struct.pack(">H", len(content) + 2) + content + whole[2:]


def progressive_bomb(scans: int) -> bytes:
    """One small progressive picture whose last scan is said again and again."""
    whole = encoded(scene(3000, 3000), "JPEG", quality=5, progressive=True)
    start = whole.rindex(b"\xff\xda")
    last = whole[start:-2]
    return whole[:-2] + last * scans + EOI


def packed(name: str = "evil.class") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        made.writestr(name, b"\xca\xfe\xba\xbe" + bytes(100))
    return buffer.getvalue()


def with_exif(
    tags: dict[int, Any], details: dict[int, Any] | None = None, gps: dict[int, Any] | None = None
) -> bytes:
    exif = Image.Exif()
    exif.update(tags)
    exif.get_ifd(0x8769).update(details or {})
    exif.get_ifd(0x8825).update(gps or {})
    return encoded(scene(640, 480), "JPEG", exif=exif)


def place(latitude: tuple[float, ...], north: str, longitude: tuple[float, ...], east: str) -> dict[int, Any]:
    return {1: north, 2: tuple(map(IFDRational, latitude)), 3: east, 4: tuple(map(IFDRational, longitude))}


def moving(form: str, frames: int, size: int = 32) -> bytes:
    colours = [(number * 83 % 256, number * 37 % 256, number % 256) for number in range(frames)]
    images = [Image.new("RGB", (size, size), colour) for colour in colours]
    return encoded(images[0], form, save_all=True, append_images=images[1:], duration=10)
