"""ZIP archives: allowed as themselves only. Every entry's bytes are counted, none is unpacked or kept."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from core.domain.files import Examined, FileState
from core.domain.text import Text
from core.examine import zips
from core.examine.answers import Refused, Task
from core.examine.readable import deceives, one_line, readable
from core.examine.zips import Entry

#: How many names are told, and of how many signs.
MOST_NAMES, LONGEST_NAME = 200, 120
#: Bytes outside every entry that alignment explains, and the checksum behind each.
_SLACK, _BEHIND = 16 * 1024, 24


def _set(names: str) -> frozenset[str]:
    return frozenset(names.split())


_PROGRAMS = _set(
    "exe scr com pif dll sys cpl ocx drv msi msp msix appx bat cmd ps1 psm1 vbs vbe vb jse ws wsf wsc wsh hta lnk scf "
    "reg inf chm hlp jar apk xapk ipa dmg pkg deb rpm run appimage iso img vhd vhdx elf so docm dotm xlsm xltm xlsb "
    "xlam xll pptm potm ppsm ppam sct shb gadget msc application settingcontent-ms library-ms search-ms"
)
_SCRIPTS = _set("js mjs sh bash zsh csh py pyw rb pl php jsp asp aspx url website webloc desktop svg swf")
_ARCHIVES = _set("zip rar 7z gz tgz bz2 tbz xz txz zst tar cab arj lzh ace z")
#: Archives too, by their bytes, but files that people know.
_OFFICE = _set("docx xlsx pptx dotx xltx ppsx odt ods odp wps et dps ofd key numbers pages epub vsdx")
_MAGIC_PROGRAMS = (b"\x7fELF", b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"dex\n")
_MAGIC_ARCHIVES = (
    b"PK\x03\x04",
    b"Rar!",
    b"7z\xbc\xaf",
    b"\x1f\x8b",
    b"BZh",
    b"\xfd7zXZ",
    b"\x28\xb5\x2f\xfd",
    b"MSCF",
)
_DEVICES = {"con", "prn", "aux", "nul", "conin$", "conout$"} | {
    f"{port}{number}" for port in ("com", "lpt") for number in "123456789¹²³"
}


def examine(task: Task) -> Examined:
    """What an archive holds, by name; it is refused where it holds programs or is no honest archive."""
    try:
        with zips.opened(task.path) as archive:
            heads = {entry: head(archive, entry) for entry in archive.entries if not entry.folder}
            unlisted = archive.unlisted
    except Refused as refusal:
        return Examined(FileState.REFUSED, (refusal.said,))
    files = [entry.name for entry in heads]
    facts = {
        "entries": [one_line(name)[:LONGEST_NAME] for name in files[:MOST_NAMES]],
        "entries_in_all": len(files),
    }
    if programs := [entry.name for entry, first in heads.items() if is_program(entry.name, first)]:
        return Examined(FileState.REFUSED, (_programs(programs),), facts)
    said = [*_remarks(heads)]
    if not files:
        said.append(Text("压缩包是空的，请检查后再传", "The archive is empty: check it and upload it again"))
    if unlisted > _SLACK + _BEHIND * len(files):
        said.append(
            Text(
                "压缩包里夹带了目录以外的数据，请重新打包再传",
                "The archive carries data outside its directory: pack it anew and upload it again",
            )
        )
    return Examined(FileState.ATTENTION if said else FileState.READY, tuple(said), facts)


def head(archive: zips.Zip, entry: Entry) -> bytes:
    """An entry's first bytes. What is packed is read to its end, and so counted; the rest only lies there."""
    chunks = archive.chunks(entry)
    first = next(chunks, b"")[:16]
    if entry.deflated:
        for _ in chunks:
            pass
    return first


def is_program(name: str, first: bytes) -> bool:
    """Whether something would run by a double click, by its name as Windows reads it or by its bytes."""
    windows = first.startswith(b"MZ") and b"\0" in first  # a text may begin with these letters
    return windows or first.startswith(_MAGIC_PROGRAMS) or _extension(name) in _PROGRAMS


def _extension(name: str) -> str:
    """The last extension; Windows drops dots and spaces at the end, and looks past a stream's name."""
    last = unicodedata.normalize("NFKC", PurePosixPath(name.replace("\\", "/")).name).partition(":")[0]
    return readable(last).rstrip(" .").lower().rpartition(".")[2]


def _programs(names: list[str]) -> Text:
    zh, en = _listed(names)
    return Text(
        f"压缩包里有程序或快捷方式：{zh}，不能作为材料，请去掉后再传",
        f"The archive holds programs or shortcuts, which are no evidence: {en}. Take them out and upload it again",
    )


def _remarks(heads: dict[Entry, bytes]) -> Iterator[Text]:
    """What an inspector should know of before unpacking; one sentence for each matter."""
    names = [entry.name for entry in heads]
    nested = [entry.name for entry, first in heads.items() if _is_archive(entry.name, first)]
    scripts = [name for name in names if _extension(name) in _SCRIPTS]
    odd = [name for name in names if deceives(name) or _is_odd(name)]
    for found, zh, en in (
        (
            nested,
            "压缩包里还有压缩包，里面的内容没有检查，请解开后直接打包",
            "Archives inside were not checked, unpack them first",
        ),
        (
            scripts,
            "压缩包里有脚本或网页链接，打开前请确认来源",
            "Scripts or links are inside, make sure where they come from",
        ),
        (
            odd,
            "有容易误认或在 Windows 上打不开的文件名，建议改名",
            "Names mislead or fail on Windows, better change them",
        ),
        (
            _folded(names),
            "有只差大小写的文件名，解开时会互相覆盖，建议改名",
            "Names differ in case alone and overwrite each other",
        ),
    ):
        if found:
            listed_zh, listed_en = _listed(found)
            yield Text(f"{zh}：{listed_zh}", f"{en}: {listed_en}")


def _is_archive(name: str, first: bytes) -> bool:
    extension = _extension(name)
    return extension in _ARCHIVES or (first.startswith(_MAGIC_ARCHIVES) and extension not in _OFFICE)


def _is_odd(name: str) -> bool:
    """Whether Windows would take a part of the path for a device, a stream or another name."""
    return "\\" in name or any(
        part != part.rstrip(" .") or ":" in part or part.partition(".")[0].rstrip().lower() in _DEVICES
        for part in name.split("/")
    )


def _folded(names: Iterable[str]) -> list[str]:
    seen: set[str] = set()
    again = []
    for name in names:
        key = unicodedata.normalize("NFC", name).casefold()
        if key in seen:
            again.append(name)
        seen.add(key)
    return again


def _listed(names: list[str]) -> tuple[str, str]:
    """The first names, and how many more there are."""
    shown = [one_line(name)[-60:] for name in names[:3]]
    more = len(names) - len(shown)
    return (
        "、".join(shown) + (f"等 {len(names)} 个" if more else ""),
        ", ".join(shown) + (f" and {more} more" if more else ""),
    )
