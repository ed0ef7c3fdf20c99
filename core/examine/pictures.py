"""Looking into a picture: JPEG, PNG, WebP, HEIC. Only the expected format's decoder ever sees the bytes."""

from __future__ import annotations

import mmap
import os
import warnings
import zlib
from typing import Any, BinaryIO

from PIL import Image, PngImagePlugin

from core.domain.files import Examined, FileState
from core.domain.text import Text
from core.examine import exif, hashes, previews, tails
from core.examine.answers import Refused, Task

try:
    import pillow_heif
except ImportError:  # the extra `evidence` is not installed
    pillow_heif = None  # type: ignore[assignment]

#: A phone's largest picture has 108 million pixels.
MOST_PIXELS = 120_000_000
MOST_BYTES = 200 * 1024 * 1024
#: From here on a JPEG is decoded at a fraction of its size, which is all that a preview needs.
_DRAFT = (previews.PAGE, previews.PAGE)
_FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP", "image/heic": "HEIF"}
#: What Pillow says of texts and profiles beyond its limits.
_TOO_MUCH = ("Decompressed data too large", "Too much memory used in text chunks")
#: What decoders raise for broken files.
_BROKEN = (OSError, SyntaxError, ValueError, LookupError, TypeError, RuntimeError, EOFError, zlib.error)
_ORIENTATION, _SIDEWAYS = 0x0112, frozenset({5, 6, 7, 8})

_DAMAGED = Text(
    "照片已损坏，打不开，请重新拍照或导出后再传",
    "The picture is damaged and does not open: take it or export it again and upload it anew",
)
_TOO_LARGE = Text(
    "照片太大（超过 1.2 亿像素或 200 MB），请缩小后再传",
    "The picture is too large (over 120 million pixels or 200 MB): make it smaller and upload it again",
)
_BOMB = Text(
    "照片里夹带的数据或分层异常多，请用手机相册另存一份后再传",
    "The picture holds far more layers or data than a camera writes: save a fresh copy and upload that",
)
_HIDDEN = Text(
    "照片末尾夹带了网页、程序或压缩包，请用手机相册另存一份后再传",
    "A page, a program or an archive is hidden behind the picture: save a fresh copy and upload that",
)
_ODD_TAIL = Text(
    "照片末尾带有无法识别的数据，预览中没有这部分；如不是有意添加，请另存一份后再传",
    "Unknown data stand behind the picture and are not shown: unless they are meant, upload a fresh copy",
)
_MOVING = Text(
    "这是动图，只显示第一帧，请确认第一帧能说明问题",
    "This picture moves and only its first frame is shown: make sure that this frame is the one that counts",
)
_NO_HEIC = Text(
    "系统未安装 HEIC 组件，无法预览；文件已保存，建议另存为 JPG 再传一份",
    "HEIC cannot be shown here; the file is kept, and a copy as JPG would be seen",
)


def examine(task: Task) -> Examined:
    """Decode the picture whole, within the limits, and save what viewers will see of it."""
    try:
        with task.path.open("rb") as file:
            said = _ends(task.media_type, file)
            if task.media_type == "image/heic" and not _has_heic():
                return Examined(FileState.ATTENTION, (_NO_HEIC, *said))
            return _decode(task, file, said)
    except Refused as refused:
        return Examined(FileState.REFUSED, (refused.said,))


def _ends(media_type: str, file: BinaryIO) -> tuple[Text, ...]:
    """Look at the picture's own structure and at what stands behind it."""
    size = os.fstat(file.fileno()).st_size
    if size > MOST_BYTES:
        raise Refused(_TOO_LARGE)
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        try:
            tail = tails.after(media_type, data)
        except tails.Bomb:
            raise Refused(_BOMB) from None
        except tails.Damaged:
            raise Refused(_DAMAGED) from None
    if tail == "hostile":
        raise Refused(_HIDDEN)
    return (_ODD_TAIL,) if tail == "odd" else ()


def _has_heic() -> bool:
    if pillow_heif is None:
        return False
    pillow_heif.register_heif_opener(decode_threads=1, thumbnails=False, depth_images=False, aux_images=False)
    return True


def _decode(task: Task, file: BinaryIO, said: tuple[Text, ...]) -> Examined:
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    PngImagePlugin.MAX_TEXT_MEMORY = 4 * PngImagePlugin.MAX_TEXT_CHUNK
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            _open(file, task.media_type).verify()
            image = _open(file, task.media_type)
            size = image.size
            frames = int(getattr(image, "n_frames", 1)) if image.format in {"PNG", "WEBP"} else 1
            if frames > tails.MOST_FRAMES:
                raise Refused(_BOMB)
            if image.format in {"JPEG", "MPO"}:
                image.draft(None, _DRAFT)
            image.load()
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise Refused(_TOO_LARGE) from None
    except _BROKEN as error:
        raise Refused(_BOMB if str(error).startswith(_TOO_MUCH) else _DAMAGED) from None
    if frames > 1:
        said = (*said, _MOVING)
    saved = previews.all_sizes(image, task.out)
    state = FileState.ATTENTION if said else FileState.READY
    return Examined(state, said, _facts(image, *size), hashes.of(image), tuple(saved))


def _open(file: BinaryIO, media_type: str) -> Image.Image:
    file.seek(0)
    return Image.open(file, formats=(_FORMATS[media_type],))


def _facts(image: Image.Image, width: int, height: int) -> dict[str, Any]:
    """Size as a viewer sees it, and what the device wrote."""
    try:
        turned = image.getexif().get(_ORIENTATION) in _SIDEWAYS
    except Exception:  # noqa: BLE001 - a broken EXIF block turns nothing
        turned = False
    if turned:
        width, height = height, width
    return {"width": width, "height": height, **exif.of(image)}
