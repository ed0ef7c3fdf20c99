"""Two pictures that may be one: laid over each other, then compared place by place. Runs in the limited child.

A hash sees layouts, so that screenshots of two weeks have the same one. Here the figures in them are looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from PIL import Image

from core.examine import laying
from core.examine.answers import Likeness
from core.examine.laying import Array, Box, Flags, Laying, Picture, blurred, laid, pixels

_WINDOW, _STEP = 15, 8
#: A place agrees where what is left of it is a share of its contrast (see _Sight), or so many grey levels.
_NOISE, _SHADE = 5.0, 22.0
_BUSY = 6.0
#: A page or a screenshot has so much of one grey. With fewer pixels its figures cannot be told apart: then it is never
#: called the same.
_ONE_GREY, _READABLE, _PAGE_SIDE = 0.4, 960, 320
#: The outermost places are not looked at: there a neighbour shines in.
_EDGE = 0.01
_MOST_BOXES = 16
_WEIGHTS = (0.299, 0.587, 0.114)


class _Sight(NamedTuple):
    """How closely is looked: the long side in pixels, how often both are blurred, the share of contrast that may differ."""

    look: int
    blurs: int
    share: float


#: In photographs compression spoils what is fine; in screenshots what is fine are the figures.
_PHOTO, _PAGE = _Sight(720, 2, 0.6), _Sight(1440, 1, 0.4)


def compare(first: Path, second: Path, out: Path) -> Likeness:
    """How alike two pictures are. `crop` is where the second lies in the first, in fractions of the first, beyond
    0 and 1 where it shows more; `differs` are places in the first.
    """
    with Image.open(first) as one, Image.open(second) as other:
        return of(one, other)


def of(first: Image.Image, second: Image.Image) -> Likeness:
    """The same for pictures that are open."""
    one, other = Picture(first), Picture(second)
    found = laying.best(one, other)
    if found.score < laying.LEAST_SCORE:
        return Likeness("other", round(max(0.0, found.score), 3))
    return _Places(one, other, found).told()


class _Places:
    """What is to be said of two pictures that lie on each other, place by place."""

    def __init__(self, first: Picture, second: Picture, how: Laying) -> None:
        self.page = _is_page(first, how)
        self.sight = _PAGE if self.page else _PHOTO
        self.how, self.frames = how, (first.frame, second.frame)
        # No finer than the coarser of the two: the finer one's detail would differ everywhere.
        shared = min(1.0, 1 / float(laying.scale_of(second, how, (first.width, first.height)).max()))
        self.size = first.grid(round(min(self.sight.look, max(first.width, first.height) * shared)))
        scale = np.minimum(1.0, laying.scale_of(second, how, self.size))
        small = (max(8, round(second.width * scale[0])), max(8, round(second.height * scale[1])))
        self.lies = laying.lies_on(how, self.size, _EDGE)
        self._compare(
            first.image.resize(self.size, Image.Resampling.BOX, reducing_gap=2.0),
            second.image.resize(small, Image.Resampling.BOX, reducing_gap=2.0),
        )

    def _compare(self, first: Image.Image, second: Image.Image) -> None:
        one: Array = np.zeros(self.size[::-1])
        other: Array = np.zeros(self.size[::-1])
        # Colour by colour, since each is cut off for itself where a picture was made lighter.
        for ground, image, weight in zip(first.split(), second.split(), _WEIGHTS, strict=True):
            moved = self._soft(laid(image, self.how, self.size))
            pair = _in_one_light(self._soft(pixels(ground)), moved, self.lies)
            one += weight * pair[0]
            other += weight * pair[1]
        inside = np.zeros_like(self.lies)
        edge = [max(1, round(side * _EDGE)) for side in self.size]
        inside[edge[1] : -edge[1], edge[0] : -edge[0]] = True
        whole = _mean((self.lies & inside).astype(np.float64))[::_STEP, ::_STEP] > 0.999
        spread_one, spread_other, left, shade = (
            values[::_STEP, ::_STEP]
            for values in (_spread(one), _spread(other), _spread(one - other), np.abs(_mean(one - other)))
        )
        contrast = np.maximum(spread_one, spread_other)
        agrees = (left <= np.hypot(self.sight.share * contrast, _NOISE)) & (shade <= _SHADE)
        self.looked, self.busy = whole, whole & (contrast > _BUSY)
        self.wrong = whole & ~agrees

    def _soft(self, values: Array) -> Array:
        for _ in range(self.sight.blurs):
            values = blurred(values)
        return values

    def told(self) -> Likeness:
        looked, busy = int(self.looked.sum()), int(self.busy.sum())
        if not looked or not busy:
            return Likeness("other", 0.0)
        score = 1 - float(self.wrong.sum()) / looked
        busy_score = 1 - float((self.wrong & self.busy).sum()) / busy
        return Likeness(
            self._level(score, busy_score),
            round(score, 3),
            bool(np.linalg.det(self.how.matrix[:, :2]) < 0),
            self._crop(),
            tuple(_boxes(self.wrong, self.size)),
        )

    def _level(self, score: float, busy_score: float) -> Literal["same", "alike", "other"]:
        if busy_score < 0.5 and not (score > 0.75 and self.how.score > 0.9):
            return "other"
        if self.wrong.any() or self._overlap() < 0.6:
            return "alike"
        return "alike" if self.page and max(self.size) < _READABLE else "same"

    def _overlap(self) -> float:
        """The share of the smaller picture, frames off, that lies on the other."""
        first, second = self.frames
        area = (first[2] - first[0]) * (first[3] - first[1])
        other = (second[2] - second[0]) * (second[3] - second[1])
        other /= max(abs(float(np.linalg.det(self.how.matrix[:, :2]))), 1e-6)
        return float(self.lies.mean()) / max(min(area, other), 1e-6)

    def _crop(self) -> Box | None:
        """Where the second's corners lie in the first; None where it covers just that."""
        matrix = np.vstack([self.how.matrix, [0, 0, 1]])
        corners = np.linalg.inv(matrix) @ np.array([[0, 1, 0, 1], [0, 0, 1, 1], [1, 1, 1, 1]])
        (left, top), (right, bottom) = corners[:2].min(1), corners[:2].max(1)
        sides = (float(left), float(top), float(right - left), float(bottom - top))
        if np.abs(np.array(sides) - [0, 0, 1, 1]).max() < 0.015:
            return None
        return (round(sides[0], 4), round(sides[1], 4), round(sides[2], 4), round(sides[3], 4))


def _is_page(first: Picture, how: Laying) -> bool:
    """Whether much of what is shared is of one grey, as paper and screens are and photographs are not."""
    ground = first.ground(_PAGE_SIDE)
    shared = ground[laying.lies_on(how, (ground.shape[1], ground.shape[0]), _EDGE)]
    near = np.convolve(np.bincount(shared.astype(int), minlength=256), np.ones(9), "same")
    return bool(near.max() >= _ONE_GREY * len(shared))


def _in_one_light(one: Array, other: Array, where: Flags) -> tuple[Array, Array]:
    """Both as light and as contrasty as the stronger of them, cut off where that one is."""
    x, y = one[where][::3], other[where][::3]
    clear = (x > 4) & (x < 251) & (y > 4) & (y < 251)
    gain, shift = 1.0, 0.0
    for _ in range(4):
        if np.count_nonzero(clear) < 64 or np.ptp(x[clear]) < 8:
            break
        middle_x, middle_y = float(x[clear].mean()), float(y[clear].mean())
        swing_x = x[clear] - middle_x
        gain = float(np.clip(swing_x @ (y[clear] - middle_y) / (swing_x @ swing_x), 0.4, 2.5))
        shift = middle_y - gain * middle_x
        off = np.abs(gain * x + shift - y)
        clear = (x > 4) & (x < 251) & (y > 4) & (y < 251) & (off <= max(8.0, 2 * float(np.median(off))))
    if gain >= 1:
        return np.clip(gain * one + shift, 0, 255), other
    return one, np.clip((other - shift) / gain, 0, 255)


def _mean(values: Array) -> Array:
    """The mean of the window around each pixel."""
    reach = _WINDOW // 2
    sums = np.pad(values, ((reach + 1, reach), (reach + 1, reach)), mode="edge").cumsum(0).cumsum(1)
    w = _WINDOW
    found: Array = (sums[w:, w:] - sums[:-w, w:] - sums[w:, :-w] + sums[:-w, :-w]) / w**2
    return found


def _spread(values: Array) -> Array:
    found: Array = np.sqrt(np.maximum(_mean(values**2) - _mean(values) ** 2, 0))
    return found


def _boxes(wrong: Flags, size: tuple[int, int]) -> Iterator[Box]:
    """Rectangles around all places that differ, the largest first; the more there are, the further they join."""
    for reach in (2, 3, 5, 8, max(wrong.shape)):
        found = list(_joined(wrong, reach))
        if len(found) <= _MOST_BOXES:
            break
    for _cells, top, bottom, left, right in sorted(found, reverse=True):
        sides = [left * _STEP - _STEP, top * _STEP - _STEP, right * _STEP + _STEP, bottom * _STEP + _STEP]
        x, y, end_x, end_y = np.clip(np.array(sides) / [*size, *size], 0, 1).round(4).tolist()
        yield (x, y, round(end_x - x, 4), round(end_y - y, 4))


def _joined(wrong: Flags, reach: int) -> Iterator[tuple[int, int, int, int, int]]:
    """Cells that are no further apart than the reach: how many, first and last row, first and last column."""
    left_over = wrong.copy()
    while left_over.any():
        place = np.zeros_like(wrong)
        place[tuple(axis[0] for axis in np.nonzero(left_over))] = True
        while True:
            grown = _grown(place, reach) & left_over
            if (grown == place).all():
                break
            place = grown
        left_over &= ~place
        rows, columns = np.nonzero(place)
        yield int(place.sum()), int(rows.min()), int(rows.max()), int(columns.min()), int(columns.max())


def _grown(place: Flags, reach: int) -> Flags:
    """A place and all that is no further from it than the reach, across and down."""
    grown = place
    for axis in (0, 1):
        padded = np.pad(grown, [(reach, reach) if a == axis else (0, 0) for a in (0, 1)])
        steps = range(2 * reach + 1)
        grown = np.logical_or.reduce([padded.take(range(n, n + place.shape[axis]), axis) for n in steps])
    return grown
