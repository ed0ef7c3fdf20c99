"""Sentences that several kinds of files share: what is wrong, and what to do."""

from __future__ import annotations

from core.domain.text import Text

DAMAGED = Text(
    "文件已损坏或内容不完整，打不开，请重新导出后再传",
    "The file is damaged or incomplete and does not open: export it again and upload it anew",
)
TOO_LARGE = Text(
    "文件展开后太大，检查时内存不够，请压缩或缩小后再传",
    "The file takes too much memory when it is opened: make it smaller and upload it again",
)
TOO_SLOW = Text(
    "检查文件用时太长，已停止，请另存为普通格式、缩小后再传",
    "Checking the file took too long and was stopped: save it in a plain format, make it smaller, upload it again",
)
BROKE_OFF = Text(
    "文件内容异常，检查时中断，请重新拍摄或导出后再传",
    "The file's content broke off the check: take it or export it again and upload it anew",
)
