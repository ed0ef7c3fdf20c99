"""How one picture lies on another: mirrored, cut, scaled, shifted or turned a little. Runs in the limited child."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.examine import hashes

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]
Box = tuple[float, float, float, float]

#: Long sides in pixels at which the laying is tried, then made finer.
_TRY, _FINE, _FINEST = 64, 128, 320
#: Parts whose hashes differ in more bits are no hint of how the pictures lie.
_NEAR = 14
_MOST_LAYINGS = 60
#: The share of the smaller picture that must lie on the other one.
_LEAST_OVERLAP = 0.4
LEAST_SCORE = 0.5
_TURNS = 12


@dataclass(frozen=True)
class Laying:
    """How the second picture lies on the first: fractions of the first → fractions of the second, as a 2 × 3 matrix."""

    matrix: Array
    score: float = -1.0


class Picture:
    """A picture in the sizes that are needed, each made once."""

    def __init__(self, image: Image.Image) -> None:
        self.image = image.convert("RGB")
        self.grey = self.image.convert("L")
        self.width, self.height = image.size
        self.parts = hashes.parts(hashes.grey(image))
        self._halves = [self.grey]
        self._grounds: dict[int, Array] = {}

    @property
    def frame(self) -> Box:
        """Where its content lies."""
        named = self.parts.get("inner")
        return named[:4] if named else (0.0, 0.0, 1.0, 1.0)

    def grid(self, longest: int) -> tuple[int, int]:
        factor = min(1.0, longest / max(self.width, self.height))
        return max(8, round(self.width * factor)), max(8, round(self.height * factor))

    def ground(self, longest: int) -> Array:
        if longest not in self._grounds:
            size = self.grid(longest)
            self._grounds[longest] = pixels(self.grey.resize(size, Image.Resampling.BOX, reducing_gap=2.0))
        return self._grounds[longest]

    def shrunk(self, factor: float) -> Image.Image:
        """Half as large, and again, as long as it is no smaller than the factor asks."""
        step = max(0, int(np.floor(-np.log2(max(factor, 1e-3)) + 0.2)))
        while len(self._halves) <= step and min(self._halves[-1].size) > 16:
            self._halves.append(self._halves[-1].reduce(2))
        return self._halves[min(step, len(self._halves) - 1)]


def best(first: Picture, second: Picture) -> Laying:
    """The best way to lay the second on the first; its score is low where there is none."""
    tried = sorted((_score(first, second, laying, _TRY) for laying in _layings(first, second)), key=_by_score)
    found = max((_finer(first, second, laying, _TRY) for laying in tried[-3:]), key=_by_score)
    found = _finer(first, second, found, _FINE)
    return found if found.score < LEAST_SCORE else _finer(first, second, found, _FINEST)


def _by_score(laying: Laying) -> float:
    return laying.score


def pixels(image: Image.Image) -> Array:
    return np.asarray(image, np.float64)


def _layings(first: Picture, second: Picture) -> list[Laying]:
    """Ways to lay the second on the first that parts with like hashes suggest, the likeliest first."""
    found = []
    for one in first.parts.values():
        for other in second.parts.values():
            for mirrored in (False, True):
                bits = other.bits ^ hashes.MIRROR if mirrored else other.bits
                found.append(((one.bits ^ bits).bit_count(), mirrored, one, other))
    found.sort(key=lambda item: item[0])
    return [
        _part_on_part(one, other, mirrored=mirrored)
        for bits, mirrored, one, other in found[:_MOST_LAYINGS]
        if bits <= _NEAR
    ] or [Laying(np.eye(2, 3)), Laying(np.array([[-1.0, 0, 1], [0, 1, 0]]))]


def _part_on_part(one: hashes.Part, other: hashes.Part, *, mirrored: bool) -> Laying:
    across = (other.right - other.left) / (one.right - one.left)
    down = (other.bottom - other.top) / (one.bottom - one.top)
    top = [0.0, down, other.top - one.top * down]
    if mirrored:
        return Laying(np.array([[-across, 0.0, other.right + one.left * across], top]))
    return Laying(np.array([[across, 0.0, other.left - one.left * across], top]))


def laid(image: Image.Image, laying: Laying, size: tuple[int, int]) -> Array:
    """The second picture as it lies on the first one's grid."""
    steps = laying.matrix * [[image.width], [image.height]] / [[*size, 1]]
    return pixels(
        image.transform(size, Image.Transform.AFFINE, tuple(steps.ravel()), Image.Resampling.BICUBIC)
    )


def lies_on(laying: Laying, size: tuple[int, int], edge: float) -> Flags:
    """Where on the first one's grid the second lies, but for its edge."""
    x, y = (np.arange(size[0]) + 0.5) / size[0], (np.arange(size[1]) + 0.5) / size[1]
    at = [row[0] * x[None] + row[1] * y[:, None] + row[2] for row in laying.matrix]
    inside: Flags = np.logical_and.reduce([(a > edge) & (a < 1 - edge) for a in at])
    return inside


def scale_of(second: Picture, laying: Laying, size: tuple[int, int]) -> Array:
    """By what the second one's width and height must be multiplied to fit the grid."""
    found: Array = 1 / np.hypot(*(laying.matrix[:, :2] * [[second.width], [second.height]] / [[*size]]))
    return found


def _both(first: Picture, second: Picture, laying: Laying, longest: int) -> tuple[Array, Array, Flags]:
    """Both in grey on the first one's grid, and where both are."""
    size = first.grid(longest)
    small = second.shrunk(float(scale_of(second, laying, size).mean()))
    return first.ground(longest), laid(small, laying, size), lies_on(laying, size, 1.5 / longest)


def _score(first: Picture, second: Picture, laying: Laying, longest: int) -> Laying:
    """The laying with the correlation of what lies on each other; -1 where too little does."""
    ground, moved, lies = _both(first, second, laying, longest)
    return Laying(laying.matrix, _judged(ground, moved, lies, laying))


def _judged(ground: Array, moved: Array, lies: Flags, laying: Laying) -> float:
    # The second's area as the first one measures it.
    area = 1 / max(abs(float(np.linalg.det(laying.matrix[:, :2]))), 1e-6)
    if lies.mean() < _LEAST_OVERLAP * min(1.0, area) or lies.sum() < 64:
        return -1.0
    return _alike(ground[lies], moved[lies])


def _alike(one: Array, other: Array) -> float:
    """How well one follows from the other: half of it where it follows best, since a bar over a picture hides nothing
    of how it lies; half of it everywhere, since most of a page is empty and lies well in many ways.
    """
    off = np.abs(other - _straight(one, other))
    best = off <= np.partition(off, len(off) * 4 // 5)[len(off) * 4 // 5]
    return (_correlation(one, other) + _correlation(one[best], other[best])) / 2


def _correlation(one: Array, other: Array) -> float:
    one, other = one - one.mean(), other - other.mean()
    both = float(np.sqrt((one @ one) * (other @ other)))
    return float(one @ other) / both if both > 1e-6 else 0.0


def _straight(one: Array, other: Array) -> Array:
    """The second as far as it follows from the first by lightness and contrast."""
    middle, swing = one.mean(), one - one.mean()
    gain = swing @ (other - other.mean()) / max(float(swing @ swing), 1e-6)
    found: Array = other.mean() + gain * (one - middle)
    return found


def _finer(first: Picture, second: Picture, laying: Laying, longest: int) -> Laying:
    """Shift, scale and turn a little, and again, until the pictures lie as well as they do (Lucas and Kanade)."""
    size = first.grid(longest)
    x, y = (np.arange(size[0]) + 0.5) / size[0], ((np.arange(size[1]) + 0.5) / size[1])[:, None]
    best = Laying(laying.matrix)
    for _ in range(_TURNS):
        ground, moved, lies = _both(first, second, laying, longest)
        laying = Laying(laying.matrix, _judged(ground, moved, lies, laying))
        if laying.score > best.score:
            best = laying
        if laying.score < max(best.score - 0.05, 0):
            break
        ground, moved = blurred(ground), blurred(moved)
        down, across = (np.gradient(moved, axis=axis) for axis in (0, 1))
        across, down = across * size[0], down * size[1]
        columns = [across, across * x, across * y, down, down * x, down * y, ground, np.ones_like(ground)]
        step = _solved(np.stack([column[lies] for column in columns], 1), moved[lies])
        if step is None or np.abs(step[:6]).max() < 0.1 / longest:
            break
        change = np.array([[1 - step[1], -step[2], -step[0]], [-step[4], 1 - step[5], -step[3]], [0, 0, 1]])
        laying = Laying(laying.matrix @ change)
    return best


def _solved(columns: Array, wanted: Array) -> Array | None:
    """Least squares in which places that differ count little; lightness and contrast alone come first."""
    found = np.zeros(columns.shape[1])
    weight = np.ones(len(wanted))
    for first in (6, 6, 0, 0, 0):
        used = columns[:, first:]
        weighted = used * weight[:, None]
        steady = 1e-6 * np.diag((used**2).sum(0))
        try:
            found[first:] = np.linalg.solve(weighted.T @ used + steady, weighted.T @ wanted)
        except np.linalg.LinAlgError:
            return None
        off = np.abs(columns @ found - wanted)
        weight = 1 / (1 + (off / max(4.0, 1.5 * float(np.median(off)))) ** 2)
    return found


def blurred(pixels: Array) -> Array:
    """A soft edge: sharp ones cannot be followed, and compression spoils them."""
    for axis in (0, 1):
        padded = np.pad(pixels, [(1, 1) if axis == a else (0, 0) for a in (0, 1)], mode="edge")
        ends = [padded.take(range(n, n + pixels.shape[axis]), axis) for n in range(3)]
        pixels = (ends[0] + 2 * ends[1] + ends[2]) / 4
    return pixels
