"""Checks of checks and scores: they answer, answer the same twice, and need nothing but what they are told."""

from __future__ import annotations

import socket
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, NoReturn
from unittest.mock import patch

from sqlalchemy import Engine, event

from core.domain.facts import UnitRecord
from core.domain.findings import MOST_FINDINGS, Finding, ScoreLine
from core.testing import facts
from core.testing.kit import Collection, none
from core.testing.subject import Subject

_C = Collection("dudao_check_report")
CHECKS = _C.checks
#: More lines of one score nobody reads.
MOST_LINES = 50


class Reached(BaseException):
    """The plugin reached for what it should do without; no `except Exception` of its own swallows this."""


def _asked(subject: Subject, hook: str, **asked: Any) -> Any:
    try:
        return subject.ask(hook, **asked)
    except Reached as reached:
        raise AssertionError(
            f"{hook}() {reached}: it gets all that it needs, and must give the same for ever"
        ) from None
    except Exception as error:
        raise AssertionError(f"{hook}() fails with {type(error).__name__}: {error}") from error


@_C.check("checks answer with a few findings about fields that there are")
def check_answers(subject: Subject) -> None:
    for hook, asked in facts.asked_of_checks(subject):
        answer = _asked(subject, hook, **asked)
        none(_wrong_findings(hook, answer, _fields_of(subject, asked)))


def _fields_of(subject: Subject, asked: dict[str, Any]) -> set[str]:
    duty = asked["report"].duty if "report" in asked else ""
    return {spec.name for d in subject.duties if d.code == duty for spec in d.form.schema().fields} | {""}


def _wrong_findings(hook: str, answer: Any, fields: set[str]) -> Iterator[str]:
    try:
        found = list(answer or ())
    except TypeError:
        yield f"{hook}() gives {type(answer).__name__}, not a list of findings"
        return
    if len(found) > MOST_FINDINGS:
        yield f"{hook}() gives {len(found)} findings; only {MOST_FINDINGS} are kept"
    for finding in found:
        if not isinstance(finding, Finding):
            yield f"{hook}() gives {type(finding).__name__}, not Finding"
        elif hook == "dudao_check_report" and finding.field not in fields:
            yield f"{hook}(): a finding names the field {finding.field!r}, which the form does not have"


@_C.check("the same facts give the same findings")
def check_is_deterministic(subject: Subject) -> None:
    for hook, asked in facts.asked_of_checks(subject):
        first, again = (list(_asked(subject, hook, **asked) or ()) for _time in range(2))
        none(
            [f"{hook}() answers differently when it is asked again: {first} then {again}"]
            if first != again
            else []
        )


@_C.check(
    "scores lie between nothing and full, for units that did nothing, half, all, or all of it late",
    "dudao_score",
)
def score_answers(subject: Subject) -> None:
    subject.need("dudao_score")
    for record in facts.unit_records(subject):
        none(_wrong_lines(_score(subject, record)))


def _score(subject: Subject, record: UnitRecord) -> list[ScoreLine]:
    answer = _asked(subject, "dudao_score", unit=record)
    try:
        return list(answer or ())
    except TypeError:
        raise AssertionError(
            f"dudao_score() gives {type(answer).__name__}, not a list of ScoreLine"
        ) from None


def _wrong_lines(lines: list[ScoreLine]) -> Iterator[str]:
    if len(lines) > MOST_LINES:
        yield f"dudao_score() gives {len(lines)} lines: at most {MOST_LINES}"
    for line in lines:
        if not isinstance(line, ScoreLine):
            yield f"dudao_score() gives {type(line).__name__}, not ScoreLine"
        elif not 0 <= line.points <= line.out_of or not line.out_of:
            yield f"dudao_score(): {line.title}: {line.points} points of {line.out_of}"


@_C.check("the same record gives the same score", "dudao_score")
def score_is_deterministic(subject: Subject) -> None:
    subject.need("dudao_score")
    for record in facts.unit_records(subject):
        first, again = _score(subject, record), _score(subject, record)
        none(["dudao_score() answers differently when it is asked again"] if first != again else [])


@_C.check("who did all in time scores no less than who did half, was late, or did nothing", "dudao_score")
def score_is_fair(subject: Subject) -> None:
    subject.need("dudao_score")
    for unit in facts.members(subject):
        known = facts.records_of(subject, unit)
        share = {name: _share(_score(subject, record)) for name, record in known.items()}
        none(
            f"dudao_score(): a {unit.kind} scores more for {name} than for all in time"
            for name in ("nothing", "half", "late")
            if share[name] > share["all"]
        )


def _share(lines: list[ScoreLine]) -> Any:
    whole = sum(line.out_of for line in lines)
    return sum(line.points for line in lines) / whole if whole else 0


@_C.check("checks and scores read no database")
def no_sql(subject: Subject) -> None:
    with _refused_sql():
        _ask_all(subject)


@_C.check("checks and scores open no connection to anywhere")
def no_network(subject: Subject) -> None:
    with _refused_network():
        _ask_all(subject)


def _ask_all(subject: Subject) -> None:
    if subject.answers("dudao_score"):
        for record in facts.unit_records(subject)[:5]:
            _score(subject, record)
        if not (subject.answers("dudao_check_report") or subject.answers("dudao_check_evidence")):
            return
    for hook, asked in facts.asked_of_checks(subject):
        list(_asked(subject, hook, **asked) or ())


@contextmanager
def _refused_sql() -> Iterator[None]:
    def refuse(*_asked: Any, **_more: Any) -> NoReturn:
        raise Reached("reads a database")

    event.listen(Engine, "before_cursor_execute", refuse)
    try:
        with patch.object(sqlite3, "connect", refuse):
            yield
    finally:
        event.remove(Engine, "before_cursor_execute", refuse)


@contextmanager
def _refused_network() -> Iterator[None]:
    def refuse(*_asked: Any, **_more: Any) -> NoReturn:
        raise Reached("opens a connection")

    with ExitStack() as stack:
        for owner, name in (
            (socket.socket, "connect"),
            (socket.socket, "connect_ex"),
            (socket, "getaddrinfo"),
        ):
            stack.enter_context(patch.object(owner, name, refuse))
        yield
