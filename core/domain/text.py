"""Bilingual titles: Chinese first, English beside it."""

from __future__ import annotations

from dataclasses import dataclass

_FORMS = "a title is 'Chinese', ('Chinese', 'English') or Text('Chinese', 'English')"


@dataclass(frozen=True, slots=True)
class Text:
    """A title in both languages. English falls back to Chinese where a plugin gives none."""

    zh: str
    en: str = ""

    def __str__(self) -> str:
        return self.zh

    def pick(self, locale: str) -> str:
        """The title for a locale such as ``zh_Hans_CN`` or ``en``."""
        return self.zh if locale.startswith("zh") or not self.en else self.en

    def to_json(self) -> list[str]:
        return [self.zh, self.en]


NO_TEXT = Text("")

#: What a declaration may hand over wherever a title is wanted.
Titled = str | tuple[str, str] | Text


def as_text(value: Titled) -> Text:
    """Read a title from a declaration; raises TypeError with the accepted forms."""
    if isinstance(value, Text):
        return value
    if isinstance(value, str):
        return Text(value)
    if isinstance(value, (tuple, list)) and len(value) == 2 and all(isinstance(part, str) for part in value):
        return Text(*value)
    raise TypeError(f"{_FORMS}, not {value!r}")
