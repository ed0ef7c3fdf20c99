"""Why an upload does not begin or go on, each with a sentence that says what to do."""

from __future__ import annotations

from core.domain.errors import Conflict, DudaoError, Invalid, NotNow, Throttled
from core.domain.text import Text
from core.store.evidence import StorageFailed


class WrongOffset(Conflict):
    """The piece does not begin where the upload ends; `offset` is where."""

    code = "wrong_offset"

    def __init__(self, offset: int) -> None:
        super().__init__(
            Text(
                "续传位置与服务器不一致，请先查询已传到哪里再继续",
                "The piece does not begin where the upload ends; ask for the offset and go on from there",
            )
        )
        self.offset = offset


class Busy(NotNow):
    """Another connection sends the same upload."""

    code = "busy"

    def __init__(self) -> None:
        super().__init__(
            Text(
                "这个文件正在另一个连接上传，请稍后再试",
                "This file is being sent by another connection; try again soon",
            )
        )


class Ended(NotNow):
    """The upload was given up, refused, or not finished in time."""

    code = "ended"

    def __init__(self) -> None:
        super().__init__(
            Text(
                "这次上传已结束或已过期，请重新上传",
                "This upload has ended or expired; upload the file again",
            )
        )


class TooMuch(Invalid):
    """A file over the limit, or a piece that goes beyond its file."""

    code = "too_large"

    @classmethod
    def file(cls, name: str, limit: int) -> TooMuch:
        megabytes = limit // 1024 // 1024
        return cls(
            Text(
                f"“{name}”超过 {megabytes} MB，请压缩后再传",
                f"“{name}” is over {megabytes} MB; make it smaller",
            )
        )

    @classmethod
    def piece(cls, name: str) -> TooMuch:
        return cls(
            Text(
                f"“{name}”比开始上传时说的要长，请重新上传",
                f"“{name}” is longer than was said at its beginning; upload it again",
            )
        )


class WrongSum(Invalid):
    """A piece changed on its way."""

    code = "wrong_checksum"

    def __init__(self) -> None:
        super().__init__(
            Text(
                "这一段在传输中出错，没有保存，请重传这一段",
                "This piece changed on its way and was dropped; send it again",
            )
        )


class NotKept(DudaoError):
    """The disk did not take the bytes."""

    code = "not_kept"

    def __init__(self, name: str, error: StorageFailed) -> None:
        full = Text(
            f"“{name}”没有保存：存储空间不足，请稍后再试，或告知系统管理员",
            f"“{name}” was not kept: the storage is full; try again later, or tell the administrator",
        )
        failed = Text(
            f"“{name}”保存失败，请重新上传；再次失败请告知系统管理员",
            f"“{name}” could not be kept; upload it again, and tell the administrator if it fails again",
        )
        super().__init__(full if error.full else failed)


def too_many(most: int) -> Throttled:
    message = Text(
        f"您有 {most} 个文件还没有传完，请先让它们传完或取消，再传新的",
        f"You have {most} unfinished uploads; let them end or cancel some first",
    )
    return Throttled(message, 60)


def empty(name: str) -> Invalid:
    return Invalid(Text(f"“{name}”是空文件，请重新选择", f"“{name}” is empty; choose another file"))


def unrecognised(name: str) -> Invalid:
    return Invalid(
        Text(
            f"“{name}”不是可以接受的文件，请上传照片、视频、文档、表格或 ZIP 压缩包",
            f"“{name}” is not accepted; upload photos, videos, documents, tables or ZIP archives",
        )
    )
