"""The corpus of hostile, odd and honest files: each has an outcome that it may have, and none hurts."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from core.domain.files import FileState
from core.examine import limits
from core.examine.believe import PREVIEW
from tests.examine.corpus import Case, Outcome, Result, all_cases, run

CASES = all_cases()


@pytest.mark.parametrize("case", CASES, ids=[f"{case.group}: {case.name}" for case in CASES])
def test_each_file_has_an_allowed_outcome(case: Case, tmp_path: Path) -> None:
    result = run(case, tmp_path)
    assert result.is_allowed, (result.outcome, result.found)
    assert result.seconds < limits.WALL_SECONDS + 5
    _check_words(result)
    _check_previews(result, tmp_path / "out")


def _check_words(result: Result) -> None:
    """A file that is not simply good is told why and what to do, in both languages."""
    if result.found is None:
        return
    if result.found.state is FileState.READY:
        assert not result.found.said
    else:
        assert result.found.said
    for said in result.found.said:
        assert len(said.zh) > 8
        assert said.en
        assert "Traceback" not in said.en + said.zh
        assert any(word in said.zh for word in ("请", "可", "建议")), said.zh


def _check_previews(result: Result, out: Path) -> None:
    """What viewers get is a WebP of ours with pixels alone, and a refused file leaves nothing to show."""
    named = {preview.name for preview in result.found.previews} if result.found else set()
    if result.outcome is Outcome.REFUSED:
        assert not named
    for name in named:
        assert PREVIEW.fullmatch(name)
        data = (out / name).read_bytes()
        assert data[:4] + data[8:12] == b"RIFFWEBP"
        assert not any(
            word in data for word in (b"EXIF", b"Exif", b"ICCP", b"<script", b"<?php", b"PK\x03\x04")
        )


def test_the_corpus_is_large_and_no_name_stands_twice() -> None:
    assert len(CASES) >= 150
    counted = Counter((case.group, case.name) for case in CASES)
    assert not [name for name, count in counted.items() if count > 1]


def test_honest_files_must_be_taken() -> None:
    honest = [case for case in CASES if case.honest]
    assert len(honest) >= 25
    assert not [case.name for case in honest if case.allowed & {Outcome.REFUSED, Outcome.NOT_TAKEN}]
