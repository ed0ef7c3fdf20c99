"""Text of unknown encoding, as programs of several decades send it."""

from __future__ import annotations


def decoded(raw: bytes) -> str:
    """UTF-8, else what old Chinese programs write, else as much as can be read: never an error (fact M11)."""
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("utf-8", "replace")
