"""Uploads that meet with anything, in any order: whatever happens, the offset is true and one file arrives whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from io import FileIO
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from core.services import uploads
from core.store.parts import Parts
from tests.web.conftest import opened
from tests.web.deeds import CLERK
from tests.web.site import Site
from tests.web.test_tus import Crash, crashing
from tests.web.tus import Tus, bag, checksum, content_of

CONTENT = "".join(f"{number:04d} 宣传短信\n" for number in range(300)).encode()
#: How much of what is left a piece takes, in hundredths.
SHARE = st.integers(0, 100)


class Story(RuleBasedStateMachine):
    """One upload after the other, with an offset of our own reckoning."""

    site: Site

    @initialize()
    def start(self) -> None:
        self.tus = Tus(self.site, CLERK)
        self.before, self.arrived = len(bag(self.site)), 0
        self.begin()

    def begin(self) -> None:
        self.url, self.at, self.ended = self.tus.begin(len(CONTENT), "说明.txt"), 0, False
        self.complete = False

    def piece(self, share: int) -> bytes:
        left = len(CONTENT) - self.at
        return CONTENT[self.at : self.at + left * share // 100]

    def moved(self, length: int) -> None:
        """So many bytes went through: the last one counts with the row of the file."""
        self.at += length
        if self.at == len(CONTENT):
            self.end()

    def end(self) -> None:
        self.at, self.ended, self.arrived = len(CONTENT), True, self.arrived + 1

    @precondition(lambda self: not self.ended)
    @rule(share=SHARE, algorithm=st.sampled_from(["", "sha1", "sha256"]))
    def go_on(self, share: int, algorithm: str) -> None:
        piece = self.piece(share)
        header = checksum(piece, algorithm) if algorithm else ""
        answer = self.tus.patch(self.url, self.at, piece, Upload_Checksum=header)
        assert answer.status_code == 204, answer.text
        self.moved(len(piece))
        assert answer.headers["Upload-Offset"] == str(self.at)

    @precondition(lambda self: not self.ended)
    @rule(share=SHARE, verified=st.booleans())
    def break_off(self, share: int, verified: bool) -> None:
        piece = self.piece(share)[:-1]
        header = checksum(self.piece(share), "sha1") if verified else ""
        self.tus.patch(self.url, self.at, piece, announced=len(piece) + 1, Upload_Checksum=header)
        self.moved(0 if verified else len(piece))

    @precondition(lambda self: not self.ended)
    @rule(share=SHARE, wrong=st.sampled_from(["offset", "checksum", "length", "type"]))
    def go_wrong(self, share: int, wrong: str) -> None:
        piece = self.piece(share) + b"x"
        answer = {
            "offset": lambda: self.tus.patch(self.url, self.at + 1, piece[:-1]),
            "checksum": lambda: self.tus.patch(
                self.url, self.at, piece[:-1], Upload_Checksum=checksum(piece)
            ),
            "length": lambda: self.tus.patch(self.url, self.at, b"x" * (len(CONTENT) - self.at + 1)),
            "type": lambda: self.tus.ask(
                "PATCH", self.url, piece, Upload_Offset=str(self.at), Content_Type="text/plain"
            ),
        }[wrong]()
        wanted = {"offset": 409, "checksum": 460, "length": 413, "type": 415}
        assert answer.status_code == wanted[wrong], answer.text

    @precondition(lambda self: not self.ended and not self.complete)
    @rule(share=SHARE, verified=st.booleans())
    def crash_while_a_piece_arrives(self, share: int, verified: bool) -> None:
        piece = self.piece(share)
        header = checksum(piece, "sha1") if verified else ""
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr("core.store.parts._fill", _write_half_and_crash)
            with pytest.raises(Crash):
                self.tus.patch(self.url, self.at, piece, Upload_Checksum=header)
        self.moved(0 if verified else len(piece) // 2)

    @precondition(lambda self: not self.ended)
    @rule()
    def crash_before_the_row(self) -> None:
        with pytest.MonkeyPatch.context() as patched:
            crashing(patched, uploads, "_put_in_bag")
            with pytest.raises(Crash):
                self.tus.patch(self.url, self.at, CONTENT[self.at :])
        self.at, self.complete = len(CONTENT) - 1, True

    @precondition(lambda self: not self.ended)
    @rule()
    def crash_before_the_answer(self) -> None:
        with pytest.MonkeyPatch.context() as patched:
            crashing(patched, Parts, "remove")
            with pytest.raises(Crash):
                self.tus.patch(self.url, self.at, CONTENT[self.at :])
        self.end()

    @precondition(lambda self: self.ended)
    @rule(begins=st.integers(0, len(CONTENT)))
    def repeat_the_last_piece(self, begins: int) -> None:
        answer = self.tus.patch(self.url, begins, CONTENT[begins:])
        assert answer.status_code == 204 and answer.headers["Dudao-File"]

    @precondition(lambda self: self.ended)
    @rule()
    def begin_another(self) -> None:
        self.begin()

    @invariant()
    def the_offset_is_true(self) -> None:
        assert self.tus.offset(self.url) == self.at

    @invariant()
    def each_ended_upload_is_one_whole_file(self) -> None:
        files = bag(self.site)[self.before :]
        assert len(files) == self.arrived
        if self.ended:
            assert files[-1].id == self.tus.head(self.url).headers["Dudao-File"]
            assert content_of(self.site, files[-1].sha256) == CONTENT

    def teardown(self) -> None:
        if hasattr(self, "url") and not self.ended:
            self.tus.ask("DELETE", self.url)


def _write_half_and_crash(file: FileIO, start: int, pieces: Iterable[bytes], *_more: object) -> None:
    piece = b"".join(pieces)
    file.seek(start)
    file.write(piece[: len(piece) // 2])
    raise Crash


@pytest.fixture(scope="module")
def shared(filled_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with opened(filled_folder, tmp_path_factory.mktemp("story") / "data") as made:
        yield made


@pytest.mark.slow
@pytest.mark.parametrize(
    ("examples", "steps"),
    [pytest.param(12, 15, id="short"), pytest.param(300, 40, id="long", marks=pytest.mark.soak)],
)
def test_whatever_happens_the_offset_is_true_and_one_file_arrives(
    shared: Site, examples: int, steps: int
) -> None:
    story = type("StoryHere", (Story,), {"site": shared})
    run_state_machine_as_test(
        story,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
