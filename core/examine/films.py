"""Looking into a film: MP4, MOV. Its boxes are read first, so that FFmpeg meets nothing but a plain container.

FFmpeg gets an open file, one demuxer, no protocol and no path: a playlist or a film whose data lie elsewhere is
refused before it starts, and could reach nothing from the sandbox.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any, BinaryIO

from PIL import Image

from core.domain.files import Examined, FileState
from core.domain.text import Text
from core.examine import boxes, exif, hashes, previews, tails
from core.examine.answers import Refused, Task

try:
    import av
except ImportError:  # the extra `evidence` is not installed
    av = None  # type: ignore[assignment]

#: 8K has 33 million pixels.
MOST_PIXELS = 40_000_000
MOST_SIDE = 16_384
#: The list of a film's samples; one of many hours takes less.
MOST_LIST = 96 * 1024 * 1024
#: The poster is taken a little after the beginning, which is often black.
_POSTER_AT = 1.0
_TRIES = 60

_DAMAGED = Text(
    "视频已损坏，放不出画面，请重新拍摄或导出后再传",
    "The film is damaged and shows no picture: take it or export it again and upload it anew",
)
_CUT = Text(
    "视频不完整（录制或导出时中断），请重新导出后再传",
    "The film is incomplete, its recording or export broke off: export it again and upload it anew",
)
_EXTERNAL = Text(
    "视频引用了文件以外的内容，无法作为证明材料，请导出为独立的 MP4 文件后再传",
    "The film refers to data outside the file: export it as one MP4 file and upload that",
)
_NO_PICTURE = Text(
    "文件里没有视频画面，请确认选对了文件",
    "The file holds no moving picture: make sure that it is the right one",
)
_UNKNOWN = Text(
    "视频的编码格式无法识别，请转换为 H.264 编码的 MP4 后再传",
    "The film's coding is not known: convert it to MP4 with H.264 and upload that",
)
_TOO_LARGE = Text(
    "视频画面尺寸过大（超过 8K），请降低分辨率后再传",
    "The film's picture is larger than 8K: export it with a lower resolution and upload that",
)
_HIDDEN = Text(
    "视频末尾夹带了网页、程序或压缩包，请重新导出后再传",
    "A page, a program or an archive is hidden behind the film: export it again and upload that",
)
_ODD_TAIL = Text(
    "视频末尾带有无法识别的数据；如不是有意添加，请重新导出后再传",
    "Unknown data stand behind the film: unless they are meant, upload a fresh copy",
)
_NO_FILMS = Text(
    "系统未安装视频组件，无法预览；文件已保存，可下载后播放",
    "Films cannot be shown here; the file is kept and can be downloaded",
)


def examine(task: Task) -> Examined:
    """Check the container by its bytes, then decode one frame."""
    try:
        with task.path.open("rb") as file:
            said = _container(file)
            if av is None:
                return Examined(FileState.ATTENTION, (_NO_FILMS, *said))
            facts, poster = _look(file)
    except Refused as refused:
        return Examined(FileState.REFUSED, (refused.said,))
    saved = previews.all_sizes(poster, task.out)
    state = FileState.ATTENTION if said else FileState.READY
    return Examined(state, said, facts, hashes.of(poster), tuple(saved))


# --- the container ------------------------------------------------------------------------------------------------


def _container(file: BinaryIO) -> tuple[Text, ...]:
    size = os.fstat(file.fileno()).st_size
    kinds: set[bytes] = set()
    said: tuple[Text, ...] = ()
    try:
        for box in boxes.outermost(file, size):
            if not box.kind:
                said = _tail(file, box.start)
                break
            if box.end > size:
                raise Refused(_CUT)
            kinds.add(box.kind)
            if box.kind == b"moov":
                _index(file, box)
    except boxes.Damaged:
        raise Refused(_DAMAGED) from None
    if b"ftyp" not in kinds:
        raise Refused(_DAMAGED)
    if b"moov" not in kinds:
        raise Refused(_CUT)
    return said


def _tail(file: BinaryIO, start: int) -> tuple[Text, ...]:
    file.seek(start)
    tail = tails.judge(file.read(1024 * 1024))
    if tail == "hostile":
        raise Refused(_HIDDEN)
    return (_ODD_TAIL,) if tail == "odd" else ()


def _index(file: BinaryIO, moov: boxes.Box) -> None:
    """The film's own table: no references to elsewhere, no size that no camera has."""
    if moov.end - moov.start > MOST_LIST:
        raise Refused(_TOO_LARGE)
    for box in boxes.deep(file, moov):
        if box.kind in {b"rmra", b"rmda", b"rdrf", b"cmov"}:
            raise Refused(_EXTERNAL)
        if box.kind == b"dref":
            _references(file, box)
        elif box.kind == b"tkhd":
            _check_size(*_track_size(file, box))


def _references(file: BinaryIO, box: boxes.Box) -> None:
    """Each entry must say that its data are in this very file."""
    for entry in boxes.walk(file, box.start + 8, box.end):
        file.seek(entry.start)
        flags = file.read(4)
        if entry.kind not in {b"url ", b"alis", b"urn "} or len(flags) < 4 or not flags[3] & 1:
            raise Refused(_EXTERNAL)


def _track_size(file: BinaryIO, box: boxes.Box) -> tuple[int, int]:
    """Width and height, the last two numbers of a track's head, in 1/65536."""
    file.seek(max(box.start, box.end - 8))
    sides = file.read(8)
    return int.from_bytes(sides[:4], "big") >> 16, int.from_bytes(sides[4:8], "big") >> 16


def _check_size(width: int, height: int) -> None:
    if max(width, height) > MOST_SIDE or width * height > MOST_PIXELS:
        raise Refused(_TOO_LARGE)


# --- the picture --------------------------------------------------------------------------------------------------


def _look(file: BinaryIO) -> tuple[dict[str, Any], Image.Image]:
    file.seek(0)
    try:
        # No protocol is allowed, and a track may not name another file.
        options = {"protocol_whitelist": "", "enable_drefs": "0", "use_absolute_path": "0"}
        with av.open(file, "r", format="mov", options=options, io_open=_nothing) as film:
            if not film.streams.video:
                raise Refused(_NO_PICTURE)
            stream = film.streams.video[0]
            if stream.codec_context is None:
                raise Refused(_UNKNOWN)
            _check_size(stream.codec_context.width, stream.codec_context.height)
            stream.thread_type = "NONE"
            stream.codec_context.thread_count = 1
            facts = {**_length(film, stream), **exif.of_film({**stream.metadata, **film.metadata})}
            poster = _poster(film, stream)
    except (av.error.FFmpegError, ValueError, OSError, EOFError):
        raise Refused(_DAMAGED) from None
    return {"width": poster.width, "height": poster.height, **facts}, poster


def _nothing(url: str, flags: int, options: object) -> BinaryIO:
    raise PermissionError(f"a film may not open {url[:80]}")


def _length(film: Any, stream: Any) -> dict[str, Any]:
    if film.duration:
        seconds = film.duration / 1_000_000
    elif stream.duration and stream.time_base:
        seconds = float(stream.duration * stream.time_base)
    else:
        return {}
    return {"seconds": round(seconds, 1)} if 0 < seconds < 10**7 else {}


def _poster(film: Any, stream: Any) -> Image.Image:
    """A frame near the beginning, turned as it is shown; the very first one where nothing follows."""
    last = None
    for count, frame in enumerate(_frames(film, stream)):
        last = frame
        if (frame.time or 0) >= _POSTER_AT or count >= _TRIES:
            break
    if last is None:
        raise Refused(_DAMAGED)
    _check_size(last.width, last.height)
    picture: Image.Image = last.to_image()
    turn = int(last.rotation or 0) % 360
    return picture.rotate(turn, expand=True) if turn else picture


def _frames(film: Any, stream: Any) -> Iterator[Any]:
    """Frames until one cannot be decoded; a film that breaks later still has its beginning."""
    try:
        yield from film.decode(stream)
    except av.error.FFmpegError:
        return
