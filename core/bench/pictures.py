"""Pictures drawn by chance that behave as photographs and screenshots do, and what people do to pictures.

The same seed draws the same picture. Nobody's face, place or number is in them.
"""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter

from core.examine import previews

Picture = Image.Image
Floats = NDArray[np.float64]
SIZE = (960, 720)


def scene(seed: int, size: tuple[int, int] = SIZE) -> Picture:
    """A photograph-like picture: a textured ground with a fall of light, things of many shapes, a camera's noise."""
    chance = np.random.default_rng([seed, 1])
    return _taken(_drawn(chance, size), np.random.default_rng([seed, 2]))


def same_scene(seed: int, size: tuple[int, int] = SIZE) -> tuple[Picture, Picture]:
    """Two photographs of one place: people have moved, the camera has moved a little, the noise is another."""
    ground = _drawn(np.random.default_rng([seed, 1]), size)
    photos = []
    for take in (1, 2):
        chance = np.random.default_rng([seed, 10 + take])
        photo = ground.copy()
        for _ in range(int(chance.integers(4, 8))):
            _thing(photo, chance, 0.08, 0.25)
        dx, dy = chance.uniform(0, 0.04, 2) * size
        box = (dx, dy, size[0] * 0.96 + dx, size[1] * 0.96 + dy)
        photos.append(_taken(photo.resize(size, Image.Resampling.BICUBIC, box), chance))
    return photos[0], photos[1]


def _drawn(chance: np.random.Generator, size: tuple[int, int]) -> Picture:
    width, height = size
    colour = chance.uniform(40, 215, 3)
    light = np.add.outer(
        np.linspace(-1, 1, height) * chance.normal(0, 35), np.linspace(-1, 1, width) * chance.normal(0, 35)
    )
    ground = colour + light[..., None] + 28 * _clouds(chance, size)[..., None] * chance.uniform(0.5, 1, 3)
    picture = Image.fromarray(np.clip(ground, 0, 255).astype(np.uint8))
    for _ in range(int(chance.integers(8, 20))):
        _thing(picture, chance, 0.05, 0.5)
    return picture.filter(ImageFilter.GaussianBlur(1.2))


def _thing(picture: Picture, chance: np.random.Generator, least: float, most: float) -> None:
    """One shape with a colour, at times with a texture of its own, somewhere in the picture."""
    width, height = picture.size
    w, h = (int(n * min(width, height)) for n in chance.uniform(least, most, 2))
    x, y = int(chance.uniform(-w / 2, width - w / 2)), int(chance.uniform(-h / 2, height - h / 2))
    mask = Image.new("L", (w + 1, h + 1), 0)
    draw = ImageDraw.Draw(mask)
    if chance.random() < 0.4:
        draw.ellipse((0, 0, w, h), fill=255)
    else:
        corners = int(chance.integers(3, 6))
        draw.polygon(
            [(int(chance.uniform(0, w)), int(chance.uniform(0, h))) for _ in range(corners)], fill=255
        )
    colour = chance.uniform(0, 255, 3)
    texture = chance.uniform(0, 30) * _clouds(chance, mask.size)
    paint = np.clip(colour + texture[..., None], 0, 255).astype(np.uint8)
    picture.paste(Image.fromarray(paint), (x, y), mask)


def _clouds(chance: np.random.Generator, size: tuple[int, int]) -> Floats:
    """Noise as in nature: the finer, the fainter. Mean 0, deviation 1."""
    width, height = size
    fine = np.hypot(np.fft.fftfreq(height)[:, None] * height, np.fft.rfftfreq(width)[None] * width)
    spectrum = np.fft.rfft2(chance.standard_normal((height, width))) / np.maximum(fine, 1) ** 1.3
    spectrum[0, 0] = 0
    found: Floats = np.fft.irfft2(spectrum, (height, width))
    return found / max(float(found.std()), 1e-9)


def _taken(picture: Picture, chance: np.random.Generator) -> Picture:
    """What a camera makes of it: noise, and the loss of JPEG."""
    noise = chance.normal(0, 3, (picture.height, picture.width, 3))
    taken = np.clip(np.asarray(picture, np.float64) + noise, 0, 255).astype(np.uint8)
    return recompress(Image.fromarray(taken), 90)


def platform(layout: int, week: int, size: tuple[int, int] = (1280, 720)) -> Picture:
    """A screenshot of a platform: the layout is always the same, the figures are those of a week."""
    place, figures = np.random.default_rng([layout, 3]), np.random.default_rng([layout, week, 4])
    picture = Image.new("RGB", size, (245, 246, 248))
    draw = ImageDraw.Draw(picture)
    width, height = size
    accent = tuple(int(n) for n in place.integers(20, 180, 3))
    draw.rectangle((0, 0, width, 56), fill=accent)
    draw.rectangle((0, 56, 180, height), fill=(255, 255, 255))
    for row in range(10):
        _words(draw, place, 24, 84 + row * 44, int(place.integers(3, 7)), (90, 90, 90))
    _words(draw, place, 24, 18, 8, (255, 255, 255))
    columns = int(place.integers(4, 7))
    step = (width - 220) // columns
    for card in range(columns):
        left = 200 + card * step
        draw.rectangle((left, 76, left + step - 16, 180), fill=(255, 255, 255), outline=(220, 220, 220))
        _words(draw, place, left + 12, 88, 5, (120, 120, 120))
        draw.text((left + 12, 120), f"{figures.integers(1000, 99999):,}", (30, 30, 30), font_size=34)
    for row in range(int(place.integers(8, 13))):
        top = 210 + row * 38
        draw.line((200, top - 8, width - 20, top - 8), (225, 225, 225))
        for column in range(columns):
            draw.text(
                (212 + column * step, top), f"{figures.integers(0, 9999):,}", (60, 60, 60), font_size=16
            )
    return picture


def _words(
    draw: ImageDraw.ImageDraw, chance: np.random.Generator, x: int, y: int, number: int, ink: tuple[int, ...]
) -> None:
    """Something that looks like a label."""
    draw.text((x, y), "".join(chance.choice(list("ABCDEFGHKLMNPRSTUVXYZ"), number)), ink, font_size=18)


def recompress(picture: Picture, quality: int) -> Picture:
    """Through JPEG and back."""
    held = io.BytesIO()
    picture.save(held, "JPEG", quality=quality)
    held.seek(0)
    return Image.open(held).convert("RGB")


def resized(picture: Picture, factor: float) -> Picture:
    return picture.resize(
        (round(picture.width * factor), round(picture.height * factor)), Image.Resampling.BICUBIC
    )


def brighter(picture: Picture, factor: float) -> Picture:
    return ImageEnhance.Brightness(picture).enhance(factor)


def cropped(picture: Picture, share: float, at: tuple[float, float] = (0.5, 0.5)) -> Picture:
    """Without so much of its width and of its height; `at` says how the loss falls: 0 leaves the left or top whole."""
    lost_x, lost_y = picture.width * share, picture.height * share
    left, top = lost_x * at[0], lost_y * at[1]
    return picture.crop(
        (round(left), round(top), round(left + picture.width - lost_x), round(top + picture.height - lost_y))
    )


def mirrored(picture: Picture) -> Picture:
    return picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)


def rotated(picture: Picture, degrees: float) -> Picture:
    """Turned and cut so that no corner is empty, as phones' editors do."""
    turned = picture.rotate(degrees, Image.Resampling.BICUBIC)
    return cropped(turned, 2 * abs(np.tan(np.radians(degrees))) * 1.1)


def watermarked(picture: Picture) -> Picture:
    """With a bar of words over its foot, as camera apps write time and place."""
    marked = picture.copy()
    draw, height = ImageDraw.Draw(marked), picture.height
    draw.rectangle((0, round(height * 0.9), picture.width, height), fill=(20, 20, 20))
    draw.text(
        (20, round(height * 0.92)), "2020-11-12 09:00  ABCD EFGH", (250, 250, 250), font_size=height * 0.05
    )
    return marked


def screenshot(picture: Picture, seed: int, portrait: bool = True) -> Picture:
    """The picture opened on a telephone, or on a desk in a window, and its screen taken."""
    chance = np.random.default_rng([seed, 5])
    width, height = (720, 1520) if portrait else (1366, 768)
    screen = Image.new("RGB", (width, height), (0, 0, 0) if chance.random() < 0.5 else (255, 255, 255))
    ink = (200, 200, 200) if screen.getpixel((0, 0)) == (0, 0, 0) else (60, 60, 60)
    head, foot = (60, 100) if portrait else (70, 40)
    factor = min(width / picture.width, (height - head - foot) / picture.height)
    shown = resized(picture, factor)
    screen.paste(shown, ((width - shown.width) // 2, head + (height - head - foot - shown.height) // 2))
    draw = ImageDraw.Draw(screen)
    draw.text((24, 16), f"{chance.integers(8, 20)}:{chance.integers(10, 59)}", ink, font_size=26)
    draw.rectangle((width - 80, 20, width - 30, 42), outline=ink, width=2)
    draw.rectangle((width // 2 - 60, height - 20, width // 2 + 60, height - 14), fill=ink)
    return recompress(screen, 85)


Change = Callable[[Picture, int], Picture]


def _somewhere(seed: int) -> tuple[float, float]:
    x, y = np.random.default_rng([seed, 6]).uniform(0, 1, 2)
    return float(x), float(y)


def _cut(share: float, *, anywhere: bool) -> Change:
    return lambda picture, seed: cropped(picture, share, _somewhere(seed) if anywhere else (0.5, 0.5))


#: What people do to a picture, by name; the number beside the picture makes each one's chance.
CHANGES: dict[str, Change] = {
    "recompressed, quality 30": lambda picture, _: recompress(picture, 30),
    "resized to 25 %": lambda picture, _: resized(picture, 0.25),
    "resized to 50 %": lambda picture, _: resized(picture, 0.5),
    "resized to 200 %": lambda picture, _: resized(picture, 2),
    "30 % brighter": lambda picture, _: brighter(picture, 1.3),
    "30 % darker": lambda picture, _: brighter(picture, 0.7),
    **{f"cut by {share} %, around": _cut(share / 100, anywhere=False) for share in (5, 10, 15, 20)},
    **{f"cut by {share} %, anywhere": _cut(share / 100, anywhere=True) for share in (5, 10, 15, 20)},
    "mirrored": lambda picture, _: mirrored(picture),
    "screenshot, telephone": screenshot,
    "screenshot, window": lambda picture, seed: screenshot(picture, seed, portrait=False),
    "turned by 2°": lambda picture, _: rotated(picture, 2),
    "words over the foot": lambda picture, _: watermarked(picture),
    "mirrored, cut by 10 %, quality 50": lambda picture, seed: recompress(
        mirrored(cropped(picture, 0.1, _somewhere(seed))), 50
    ),
}


def preview(picture: Picture) -> Picture:
    """As the product keeps it: at most 1600 pixels, WebP with a little loss."""
    small = previews.plain(picture, previews.PAGE)
    held = io.BytesIO()
    small.save(held, "WEBP", quality=80, method=2)
    held.seek(0)
    return Image.open(held).convert("RGB")
