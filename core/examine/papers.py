"""Looking into a PDF: its first pages are drawn as pictures, and nothing in it is ever run.

What it could do elsewhere (scripts, programs, files within) is told; see `core.examine.pdf_names`.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterator
from typing import Any, BinaryIO

import pypdfium2
from PIL import Image
from pypdfium2 import raw

from core.domain.files import Examined, FileState, Preview
from core.domain.text import Text
from core.examine import pdf_names, previews, tails
from core.examine.answers import Task

#: Seconds of the processor for drawing; a page that is not done by then is left out.
DRAWING = 6.0
#: A page is drawn at most so many times its own size.
_LARGEST_SCALE = 4.0
_MOST_PAGES = 100_000

_DAMAGED = Text(
    "PDF 已损坏，打不开，请重新导出后再传",
    "The PDF is damaged and does not open: export it again and upload it anew",
)
_LOCKED = Text(
    "PDF 有打开密码，无法检查和预览，请去掉密码后再传",
    "The PDF asks for a password and cannot be checked or shown: remove the password and upload it again",
)
_HIDDEN = Text(
    "PDF 末尾夹带了网页、程序或压缩包，请重新导出后再传",
    "A page, a program or an archive is hidden behind the PDF: export it again and upload that",
)
_NOT_ALL = Text(
    "有的页面太复杂或已损坏，没有显示，请下载原件查看，或简化后再传",
    "Some pages are too complex or damaged and are not shown: see the original, or upload a simpler copy",
)
_TOO_BIG_TO_SEARCH = Text(
    "PDF 太大，只检查了前 64 MB，请压缩或拆分后再传",
    "The PDF is large and only its first 64 MB were checked: make it smaller or split it, and upload it again",
)
#: What a name means to a person.
_MEANINGS = {
    "JavaScript": ("脚本", "scripts"),
    "JS": ("脚本", "scripts"),
    "Launch": ("启动程序的命令", "commands that start programs"),
    "EmbeddedFile": ("内嵌文件", "files within"),
    "EmbeddedFiles": ("内嵌文件", "files within"),
    "XFA": ("动态表单", "dynamic forms"),
    "RichMedia": ("多媒体内容", "media"),
    "SubmitForm": ("自动提交", "automatic submissions"),
    "ImportData": ("自动提交", "automatic submissions"),
    "GoToR": ("指向其他文件的跳转", "jumps to other files"),
    "GoToE": ("指向其他文件的跳转", "jumps to other files"),
    "?": ("无法检查的内容", "parts that cannot be checked"),
}


def examine(task: Task) -> Examined:
    """Open the PDF, look for active content, draw its first pages."""
    with task.path.open("rb") as file:
        said, hostile = _search(file)
    if hostile:
        return Examined(FileState.REFUSED, (_HIDDEN,))
    try:
        paper = pypdfium2.PdfDocument(task.path)
    except pypdfium2.PdfiumError as error:
        if error.err_code in {raw.FPDF_ERR_PASSWORD, raw.FPDF_ERR_SECURITY}:
            return Examined(FileState.ATTENTION, (_LOCKED, *said))
        return Examined(FileState.REFUSED, (_DAMAGED,))
    pages = len(paper)
    if not 0 < pages <= _MOST_PAGES:
        return Examined(FileState.REFUSED, (_DAMAGED,))
    if not said:
        said = _by_parser(paper)
    saved = list(_draw_all(paper, task))
    if not saved:
        return Examined(FileState.REFUSED, (_DAMAGED,))
    if saved[-1].name != f"page-{min(pages, previews.MOST_PAGES)}.webp":
        said = (*said, _NOT_ALL)
    return Examined(
        FileState.ATTENTION if said else FileState.READY, said, {"pages": pages}, previews=tuple(saved)
    )


# --- what it could do ---------------------------------------------------------------------------------------------


def _search(file: BinaryIO) -> tuple[tuple[Text, ...], bool]:
    """Sentences about active content, and whether something to be run stands behind the PDF's end."""
    data = file.read(pdf_names.MOST_BYTES)
    whole = os.fstat(file.fileno()).st_size <= len(data)
    end = data.rfind(b"%%EOF")
    hostile = whole and end >= 0 and tails.judge(data[end + 5 :]) == "hostile"
    said = _about(pdf_names.found(data))
    return (said if whole else (*said, _TOO_BIG_TO_SEARCH)), hostile


def _about(names: set[str]) -> tuple[Text, ...]:
    if not names:
        return ()
    meanings = list(dict.fromkeys(_MEANINGS[name] for name in sorted(names)))
    chinese, english = "、".join(words[0] for words in meanings), ", ".join(words[1] for words in meanings)
    return (
        Text(
            f"PDF 含有{chinese}，这里只显示页面图像、不会运行；建议打印为 PDF 后再传一份",
            f"The PDF holds {english}; pages are shown as pictures and nothing is run: "
            "printing it to a new PDF gives a plain copy",
        ),
    )


def _by_parser(paper: pypdfium2.PdfDocument) -> tuple[Text, ...]:
    """The same asked of the parser, which reads what a search does not understand."""
    names = set()
    if raw.FPDFDoc_GetJavaScriptActionCount(paper) > 0:
        names.add("JS")
    if raw.FPDFDoc_GetAttachmentCount(paper) > 0:
        names.add("EmbeddedFile")
    if raw.FPDF_GetFormType(paper) in {raw.FORMTYPE_XFA_FULL, raw.FORMTYPE_XFA_FOREGROUND}:
        names.add("XFA")
    return _about(names)


# --- pages --------------------------------------------------------------------------------------------------------


def _draw_all(paper: pypdfium2.PdfDocument, task: Task) -> Iterator[Preview]:
    until = time.process_time() + DRAWING
    if raw.FPDF_GetFormType(paper) == raw.FORMTYPE_ACRO_FORM:
        paper.init_forms()
    for number in range(min(len(paper), previews.MOST_PAGES)):
        if time.process_time() > until:
            return
        try:
            page = paper[number]
        except pypdfium2.PdfiumError:
            continue
        picture = _draw(page, until)
        page.close()
        if picture is not None:
            yield from previews.all_sizes(picture, task.out, number + 1)


def _draw(page: pypdfium2.PdfPage, until: float) -> Image.Image | None:
    """A page as a picture, or None where it has no size or takes too long."""
    width, height = page.get_size()
    if not (math.isfinite(width) and math.isfinite(height)) or width <= 0 or height <= 0:
        return None
    scale = min(previews.PAGE / max(width, height), _LARGEST_SCALE)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    bitmap = pypdfium2.PdfBitmap.new_native(*size, raw.FPDFBitmap_BGR)
    bitmap.fill_rect((255, 255, 255, 255), 0, 0, *size)
    flags = raw.FPDF_ANNOT | raw.FPDF_RENDER_LIMITEDIMAGECACHE
    place: tuple[Any, ...] = (bitmap, page, 0, 0, *size, 0, flags)
    pause = raw.IFSDK_PAUSE(version=1)
    pause.NeedToPauseNow = type(pause.NeedToPauseNow)(lambda _: time.process_time() > until)
    status = raw.FPDF_RenderPageBitmap_Start(*place, pause)
    raw.FPDF_RenderPage_Close(page)
    if status != raw.FPDF_RENDER_DONE:
        return None
    if page.formenv:
        raw.FPDF_FFLDraw(page.formenv, *place)
    picture: Image.Image = bitmap.to_pil()
    return picture
