"""Perceptual hashes of a picture: 64 bits that stay nearly the same when the picture is changed but still the same.

A hash is the signs of the 64 lowest frequencies of a part of the picture, shrunk to 32 × 32 grey pixels. Brightness,
contrast, size and compression hardly change a sign; a mirror turns exactly those that are odd from left to right.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.examine import previews

Array = NDArray[np.float64]

#: Hashes of parts, beside that of the whole. A cut picture has lost its frame, so that no fixed part of it is a part
#: of the original; these lie around its most striking spots, which a cut leaves where they are. Two pictures are
#: compared as soon as one part agrees: seven are enough to find 96 of 100 pictures that lost a fifth of their width
#: and height, and each more makes the index larger and every search slower.
PARTS = 7

_SIDE = 32
_LONG_SIDE = 256
#: A part is so many times as wide as the spread of its spot, and at least and at most such shares of the picture.
_REACH = 10
_LEAST, _MOST = 0.25, 0.7
_STEPS_AN_OCTAVE = 4
#: Of the 64 frequencies so many must swing by half a grey level; without, all falls of light would be alike.
_LEAST_DETAIL, _SWING = 18, 8.0


class Part(NamedTuple):
    """A rectangle of a picture, in fractions of its width and height, and the hash of what is in it."""

    left: float
    top: float
    right: float
    bottom: float
    bits: int


def _low_frequencies() -> list[tuple[int, int]]:
    every = ((row, column) for row in range(12) for column in range(12) if row + column)
    return sorted(every, key=lambda at: (sum(at), at[0]))[:64]


def _cosines() -> Array:
    number = np.arange(_SIDE)
    found: Array = np.sqrt(2 / _SIDE) * np.cos(np.pi * (2 * number[None] + 1) * number[:, None] / (2 * _SIDE))
    found[0] /= np.sqrt(2)
    return found


_FREQUENCIES = _low_frequencies()
_ROWS, _COLUMNS = (np.array(axis) for axis in zip(*_FREQUENCIES, strict=True))
_COSINES = _cosines()
#: The bits that a mirror turns: a picture's hash ^ MIRROR is that of its mirror image.
MIRROR = sum(1 << place for place, (_row, column) in enumerate(_FREQUENCIES) if column % 2)


def of(image: Image.Image) -> dict[str, str]:
    """Hashes by variant, as 16 hexadecimal digits; none of a picture that has almost no detail."""
    return {name: f"{part.bits:016x}" for name, part in parts(grey(image)).items()}


def grey(image: Image.Image) -> Image.Image:
    """The picture as a viewer sees it, in grey, shrunk to what hashes need."""
    return previews.plain(image, 2 * _LONG_SIDE).convert("L")


def parts(picture: Image.Image) -> Mapping[str, Part]:
    """The parts of a grey picture by variant: `full`, `inner` where it has a frame, `part0`… around its spots."""
    width, height = picture.size
    whole = (0.0, 0.0, float(width), float(height))
    frame = _inside_of_frame(np.asarray(picture, np.float64))
    boxes = {"full": whole}
    if frame is not None:
        boxes["inner"] = frame
    for number, box in enumerate(_around_spots(picture, frame or whole)):
        boxes[f"part{number}"] = box
    found = {}
    for name, (left, top, right, bottom) in boxes.items():
        bits = _hash(picture, (left, top, right, bottom))
        if bits is not None:
            found[name] = Part(left / width, top / height, right / width, bottom / height, bits)
    return found


def _hash(picture: Image.Image, box: tuple[float, float, float, float]) -> int | None:
    small = np.asarray(picture.resize((_SIDE, _SIDE), Image.Resampling.BILINEAR, box=box), np.float64)
    swings = (_COSINES @ small @ _COSINES.T)[_ROWS, _COLUMNS]
    if np.count_nonzero(np.abs(swings) > _SWING) < _LEAST_DETAIL:
        return None
    return sum(1 << place for place, swing in enumerate(swings.tolist()) if swing > 0)


def _inside_of_frame(pixels: Array) -> tuple[float, float, float, float] | None:
    """Where the content lies in the bars and borders of a screenshot; None where there are none, or nothing else."""
    height, width = pixels.shape
    top, bottom, left, right = 0, height, 0, width
    for _ in range(2):  # a side's bar may show only when the head is off
        inside = pixels[top:bottom, left:right]
        top, bottom = top + _bars(inside), bottom - _bars(inside[::-1])
        if bottom - top < height / 5:
            return None
        inside = pixels[top:bottom, left:right].T
        left, right = left + _bars(inside), right - _bars(inside[::-1])
        if right - left < width / 5:
            return None
    if (bottom - top) * (right - left) > 0.96 * height * width:
        return None
    return float(left), float(top), float(right), float(bottom)


def _bars(lines: Array) -> int:
    """How many lines from the first one belong to bars: each of one colour, but for some signs in it."""
    end = 0
    for _ in range(3):
        if end >= len(lines):
            break
        flat = np.mean(np.abs(lines[end:] - np.median(lines[end])) <= 6, axis=1) >= 0.75
        if not flat[0]:
            break
        end += len(flat) if flat.all() else int(np.argmin(flat))
    return end


def _around_spots(
    picture: Image.Image, frame: tuple[float, float, float, float]
) -> Iterator[tuple[float, float, float, float]]:
    """Squares around the most striking spots, light or dark, with a size that follows from that of the spot."""
    left, top, right, bottom = frame
    factor = _LONG_SIDE / max(right - left, bottom - top)
    size = (max(8, round((right - left) * factor)), max(8, round((bottom - top) * factor)))
    shrunk = np.asarray(picture.resize(size, Image.Resampling.BILINEAR, box=frame), np.float64)
    across, down = size[0] / (right - left), size[1] / (bottom - top)
    chosen: list[tuple[float, float, float]] = []
    for x, y, half in _spots(shrunk):
        if len(chosen) == PARTS:
            break
        if all(_apart((x, y, half), other) for other in chosen):
            chosen.append((x, y, half))
            yield (
                left + max(0.0, x - half) / across,
                top + max(0.0, y - half) / down,
                left + min(float(size[0]), x + half) / across,
                top + min(float(size[1]), y + half) / down,
            )


def _apart(one: tuple[float, float, float], other: tuple[float, float, float]) -> bool:
    near = np.hypot(one[0] - other[0], one[1] - other[1]) < min(one[2], other[2]) / 4
    return not (near and 0.8 < one[2] / other[2] < 1.25)


def _spots(pixels: Array) -> list[tuple[float, float, float]]:
    """Spots that stand out most, as (x, y, half the width of the part around them), the strongest first."""
    height, width = pixels.shape
    first = _LEAST * min(height, width) / _REACH / 2 ** (1 / _STEPS_AN_OCTAVE)
    number = int(np.ceil(np.log2(_MOST / _LEAST) * _STEPS_AN_OCTAVE)) + 3
    answers = _answers(pixels, first * 2 ** (np.arange(number) / _STEPS_AN_OCTAVE))
    found = []
    for sign in (1, -1):
        peaks = sign * answers
        for s, y, x in zip(*_peaks(peaks), strict=True):
            finer = [
                n + _between(peaks[tuple(at - step)], peaks[tuple(at)], peaks[tuple(at + step)])
                for at in [np.array((s, y, x))]
                for n, step in zip((s, y, x), np.eye(3, dtype=int), strict=True)
            ]
            half = first * 2 ** (finer[0] / _STEPS_AN_OCTAVE) * _REACH / 2
            middle_y, middle_x = finer[1] + 0.5, finer[2] + 0.5
            if half <= min(middle_x, middle_y, width - middle_x, height - middle_y) + 2:
                found.append((float(peaks[s, y, x]), middle_x, middle_y, half))
    return [(x, y, half) for _strength, x, y, half in sorted(found, reverse=True)]


def _answers(pixels: Array, spreads: Array) -> Array:
    """How strongly each pixel is the middle of a spot of each spread (the Laplacian of a Gaussian, by its scale)."""
    height, width = pixels.shape
    edge = min(48, height - 1, width - 1)
    padded = np.pad(pixels - pixels.mean(), edge, mode="reflect")
    spectrum = np.fft.rfft2(padded)
    down = 2 * np.pi * np.fft.fftfreq(padded.shape[0])
    across = 2 * np.pi * np.fft.rfftfreq(padded.shape[1])
    waves = down[:, None] ** 2 + across[None] ** 2
    return np.stack(
        [
            np.fft.irfft2(spectrum * -waves * s**2 * np.exp(-waves * s**2 / 2), padded.shape)[
                edge : edge + height, edge : edge + width
            ]
            for s in spreads
        ]
    )


def _peaks(values: Array) -> tuple[NDArray[np.intp], ...]:
    """Where a value is positive and none of the 26 around it is larger."""
    inner = values[1:-1, 1:-1, 1:-1]
    highest = inner > 0
    for s, y, x in np.ndindex(3, 3, 3):
        highest &= inner >= values[s : s + inner.shape[0], y : y + inner.shape[1], x : x + inner.shape[2]]
    return tuple(axis + 1 for axis in np.nonzero(highest))


def _between(before: float, at: float, after: float) -> float:
    """Where between the places the peak is that three neighbours show."""
    bend = before - 2 * at + after
    return float(np.clip((before - after) / (2 * bend), -0.5, 0.5)) if bend else 0.0
