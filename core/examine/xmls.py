"""XML of strangers, read piece by piece: no document type, hence no entities; as much as is wanted and no more."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from xml.parsers import expat

from core.domain.text import Text
from core.examine import words
from core.examine.answers import Refused

#: The longest part that is read whole.
MOST = 64 * 1024 * 1024
_NEVER = ("StartDoctypeDeclHandler", "EntityDeclHandler", "ExternalEntityRefHandler")

ENTITIES = Text(
    "文件里有 XML 实体声明（DOCTYPE），可能读取别处的内容，请用 Word 或 WPS 另存后再传",
    "The file declares XML entities (DOCTYPE), which may fetch what lies elsewhere: save it anew with Word or WPS "
    "and upload it again",
)

Start = Callable[[str, dict[str, str]], None]


class Enough(Exception):
    """Raised by a handler that has all it wants."""


def parse(
    chunks: Iterable[bytes],
    start: Start,
    end: Callable[[str], None] | None = None,
    text: Callable[[str], None] | None = None,
    most: int = MOST,
) -> None:
    """Tell the handlers of elements by local name; raises Refused for what is damaged, too long or has a DOCTYPE.

    Expat itself knows UTF-8 and UTF-16 and takes a declaration in either for what it is.
    """
    parser = expat.ParserCreate()
    parser.buffer_text = True
    for name in _NEVER:
        setattr(parser, name, _refuse)
    parser.StartElementHandler = lambda name, given: start(local(name), given)
    if end is not None:
        parser.EndElementHandler = lambda name: end(local(name))
    if text is not None:
        parser.CharacterDataHandler = text
    read = 0
    try:
        for chunk in chunks:
            read += len(chunk)
            if read > most:
                raise Refused(words.TOO_LARGE)
            parser.Parse(chunk, False)
        parser.Parse(b"", True)
    except Enough:
        return
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise Refused(words.DAMAGED) from error


def look(chunks: Iterable[bytes]) -> None:
    """Read up to the first element, before which alone a DOCTYPE may stand."""
    parse(chunks, _stop, most=MOST)


def local(name: str) -> str:
    """A name without its prefix: which one a namespace has is the writer's choice."""
    return name.rpartition(":")[2]


def attribute(given: dict[str, str], wanted: str) -> str:
    """An attribute by its local name; empty where there is none."""
    return next((value for name, value in given.items() if local(name) == wanted), "")


def seems(head: bytes) -> bool:
    """Whether bytes begin as XML does, in UTF-8 or UTF-16."""
    start = head.removeprefix(b"\xef\xbb\xbf").removeprefix(b"\xff\xfe").removeprefix(b"\xfe\xff")
    return start.lstrip(b" \t\r\n\0").startswith(b"<")


def _stop(_name: str, _given: dict[str, str]) -> None:
    raise Enough


def _refuse(*_told: object) -> int:
    raise Refused(ENTITIES)
