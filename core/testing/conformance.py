"""The conformance kit: whether a plugin keeps the contract, check by check, in words for its author.

    from core.testing import conformance

    @pytest.mark.parametrize("check", conformance.CHECKS, ids=lambda check: check.name)
    def test_conformance(check: conformance.Check, tmp_path: Path) -> None:
        conformance.run_one(check, dudao_parcels, tmp_path)

`dudao plugin check` runs the same.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from core.testing import background, declaration, forms, hooks, limits, pages, source, switched, tables, words
from core.testing.kit import Check, Hint, NotApplicable
from core.testing.subject import Subject, found_at

__all__ = [
    "CHECKS",
    "Check",
    "NotApplicable",
    "Outcome",
    "Subject",
    "check_all",
    "found_at",
    "run_all",
    "run_one",
]

CHECKS: tuple[Check, ...] = tuple(
    check
    for part in (declaration, words, forms, hooks, pages, limits, switched, background, source, tables)
    for check in part.CHECKS
)
State = Literal["passed", "failed", "not applicable", "hint"]


@dataclass(frozen=True)
class Outcome:
    """What came of a check; `message` says what is wrong, or why there was nothing to look at."""

    check: Check
    state: State
    message: str = ""

    @property
    def ok(self) -> bool:
        return self.state != "failed"

    @property
    def skipped_reason(self) -> str:
        return self.message if self.state == "not applicable" else ""


def run_all(target: object, folder: Path) -> list[Outcome]:
    """Every check of one plugin: a module, a path, or what discovery found. `folder` takes its installation."""
    return list(check_all(Subject(target, folder)))


def check_all(subject: Subject) -> Iterator[Outcome]:
    """The same, one after the other."""
    for check in CHECKS:
        yield outcome(check, subject)


def outcome(check: Check, subject: Subject) -> Outcome:
    try:
        check.run(subject)
    except NotApplicable as reason:
        return Outcome(check, "not applicable", str(reason))
    except Hint as hint:
        return Outcome(check, "hint", str(hint))
    except AssertionError as problem:
        return Outcome(check, "failed", str(problem))
    except Exception as error:  # noqa: BLE001 - foreign code may raise anything anywhere; the author is told
        last = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{Path(last.filename).name}:{last.lineno}"
        return Outcome(check, "failed", f"{type(error).__name__}: {error} ({where})")
    finally:
        subject.tidy()
    return Outcome(check, "passed")


_subjects: dict[int, Subject] = {}


def run_one(check: Check, module: object, tmp_path: Path) -> None:
    """One check as a test: raises AssertionError with a sentence; skips, under pytest, where it does not apply.

    The plugin's installation is made once a process, beside the first test's folder.
    """
    subject = _subjects.get(id(module))
    if subject is None:
        folder = tmp_path.parent / f"conformance-{len(_subjects)}"
        folder.mkdir(exist_ok=True)
        subject = _subjects[id(module)] = Subject(module, folder)
    found = outcome(check, subject)
    if found.state == "failed":
        raise AssertionError(f"{check.name}: {check.title}. {found.message}")
    pytest = sys.modules.get("pytest")
    if found.state == "not applicable" and pytest is not None:
        pytest.skip(found.message)
