"""What a download says of itself."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote


def disposition(name: str, *, inline: bool) -> str:
    """RFC 6266: the name in plain ASCII for old clients, and whole as RFC 8187 has it."""
    stem, dot, extension = name.rpartition(".")
    plain = _ascii(stem if dot else name) or "file"
    if dot and _ascii(extension):
        plain += "." + _ascii(extension)
    whole = quote(name.encode("utf-8", "replace"), safe="!#$&+-.^_`|~")
    return f"{'inline' if inline else 'attachment'}; filename=\"{plain}\"; filename*=UTF-8''{whole}"


def _ascii(text: str) -> str:
    simple = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9 ()+,._-]", "_", simple).strip(" .")
