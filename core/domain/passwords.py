"""Which passwords are too easy: length and what can be guessed, no rules of composition (ASVS 6.2)."""

from __future__ import annotations

import re
from collections.abc import Iterable

from core.domain.text import Text

SHORTEST, LONGEST = 10, 128
_COMMON = (
    "password",
    "qwerty",
    "abc123",
    "letmein",
    "iloveyou",
    "admin",
    "welcome",
    "woaini",
    "dudao",
    "fanzha",
    "反诈",
)

_RUNS = "0123456789" * 13 + "9876543210" * 13


def problem_with(password: str, about: Iterable[str] = ()) -> Text | None:
    """Why a password is refused, or None. `about` holds the person's own names, which are guessed first."""
    if len(password) < SHORTEST:
        return Text(
            f"密码至少 {SHORTEST} 位，可以用一句话", f"Use at least {SHORTEST} characters; a sentence is fine"
        )
    if len(password) > LONGEST:
        return Text(f"密码最多 {LONGEST} 位", f"Use at most {LONGEST} characters")
    core = re.sub(r"[\W\d_]+", "", password.lower())
    guessable = {*(_COMMON), *(word.lower() for word in about if word)}
    if (
        len(set(password)) < 5
        or password in _RUNS
        or (core and core in {re.sub(r"[\W\d_]+", "", word) for word in guessable})
    ):
        return Text(
            "这个密码太容易猜到，请换一个，不要用姓名、单位、常见词加数字",
            "This password is too easy to guess; avoid names and common words with digits",
        )
    return None
