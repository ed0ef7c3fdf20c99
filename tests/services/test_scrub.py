"""The scrub names what was broken on purpose out of some thousand files, goes on where it stopped, tells once (F6)."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import func, select

from core.cli import main
from core.jobs import entry, schedule
from core.services import comparing, fsck, scrub
from core.services.comparing import Kind
from core.services.runtime import runtime
from core.services.work import chore
from core.store.db import db
from core.store.evidence import EvidenceBucket, durable
from core.store.models import AuditRecord, Blob, Notification, OutboxTask, User
from tests import s3
from tests.conftest import ZONE
from tests.services.helpers import at, later, quiet
from tests.unit.files import picture

PHOTO = picture("JPEG")


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with s3.server() as started:
        yield started


class Files:
    """Stored bytes as somebody with the disk, or with the bucket's keys, sees them."""

    def __init__(self, port: int | None, prefix: str = "") -> None:
        self.port, self.prefix = port, prefix

    def path(self, name: str) -> Path:
        return Path(runtime().settings.data) / "evidence" / name[:2] / name[2:4] / name

    def write(self, name: str, content: bytes) -> None:
        if self.port is not None:
            key = f"{self.prefix}/{name[:2]}/{name[2:4]}/{name}"
            s3.client(self.port).put_object(Bucket=s3.BUCKET, Key=key, Body=content)
            return
        path = self.path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.write_bytes(content)

    def remove(self, name: str) -> None:
        if self.port is not None:
            key = f"{self.prefix}/{name[:2]}/{name[2:4]}/{name}"
            s3.client(self.port).delete_object(Bucket=s3.BUCKET, Key=key)
            return
        self.path(name).unlink()


@pytest.fixture(params=["folder", pytest.param("s3", marks=pytest.mark.slow)])
def files(
    request: pytest.FixtureRequest, app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Files:
    """The seeded evidence in either kind of store; what nobody knows counts at once."""
    quiet()
    monkeypatch.setattr(comparing, "LEFT_BEHIND", comparing.LEFT_BEHIND * -1)
    if request.param == "folder":
        return Files(None)
    prefix = hashlib.sha256(request.node.nodeid.encode()).hexdigest()[:12]
    port: int = request.getfixturevalue("port")
    store = EvidenceBucket(s3.address(port, prefix), tmp_path / "spool", eager=False)
    made = Files(port, prefix)
    for name in runtime().evidence.hashes():
        made.write(name, Files(None).path(name).read_bytes())
    runtime().evidence = store
    return made


def content(number: int) -> bytes:
    return PHOTO + b"%d" % number


def add(files: Files, number: int, first: int = 0) -> list[str]:
    """So many stored files with their rows; their names in order."""
    with chore("seed", "a test") as done:
        for index in range(first, first + number):
            given = content(index)
            name = hashlib.sha256(given).hexdigest()
            files.write(name, given)
            done.session.add(Blob(sha256=name, size=len(given), media_type="image/jpeg", created_at=done.at))
    return [hashlib.sha256(content(index)).hexdigest() for index in range(first, first + number)]


def break_(files: Files, names: list[str]) -> dict[Kind, set[str]]:
    """Flip one byte in twenty files, delete five, add five, swap two."""
    flipped, missing, swapped = set(names[:20]), set(names[20:25]), names[25:27]
    for index, name in enumerate(names[:20]):
        changed = bytearray(content(index))
        changed[index * 7] ^= 1
        files.write(name, bytes(changed))
    for name in missing:
        files.remove(name)
    added = {hashlib.sha256(b"stray %d" % number).hexdigest() for number in range(5)}
    for name in added:
        files.write(name, b"a stray")
    files.write(swapped[0], content(26))
    files.write(swapped[1], content(25))
    return {Kind.FLIPPED: flipped, Kind.MISSING: missing, Kind.ADDED: added, Kind.SWAPPED: set(swapped)}


def by_kind(found: scrub.Round) -> dict[Kind, set[str]]:
    return {kind: {one.name for one in found.wrong if one.kind == kind} for kind in Kind}


def damaged() -> set[str]:
    db.session.expire_all()
    return set(db.session.scalars(select(Blob.sha256).where(Blob.damaged_at.is_not(None))))


def told() -> int:
    found = select(func.count(Notification.id)).where(Notification.key.startswith("scrub:"))
    return db.session.scalar(found) or 0


def recorded() -> list[AuditRecord]:
    db.session.rollback()
    return list(db.session.scalars(select(AuditRecord).where(AuditRecord.action == "evidence.damaged")))


@pytest.mark.parametrize("number", [300, pytest.param(3000, marks=pytest.mark.soak)])
def test_what_was_broken_is_named_by_its_kind_and_nothing_else(files: Files, number: int) -> None:
    expected = break_(files, add(files, number))
    found = scrub.run(resume=True)
    assert by_kind(found) == expected
    assert {one.holds for one in found.wrong if one.kind == Kind.SWAPPED} == expected[Kind.SWAPPED]
    rows = db.session.scalar(select(func.count()).select_from(Blob)) or 0
    assert found.files == rows + len(expected[Kind.ADDED]) and not found.clean
    assert damaged() == expected[Kind.FLIPPED] | expected[Kind.MISSING] | expected[Kind.SWAPPED]
    checked = fsck.check()
    assert set(checked.wrong_hashes) == expected[Kind.FLIPPED]
    assert set(checked.rows_without_file) == expected[Kind.MISSING]
    assert set(checked.files_without_row) == expected[Kind.ADDED]
    assert {line[:64] for line in checked.swapped} == expected[Kind.SWAPPED]


def test_damage_is_told_and_recorded_once_and_the_mark_goes_with_it(files: Files) -> None:
    names = add(files, 40)
    expected = break_(files, names)
    scrub.run(resume=True)
    wrong = set().union(*expected.values())
    assert {record.object_id for record in recorded()} == wrong
    assert {record.detail["kind"] for record in recorded()} == set(Kind)
    people = told()
    assert people >= 2
    scrub.run(resume=True)
    assert (len(recorded()), told()) == (len(wrong), people), "nothing is told again"
    for index, name in enumerate(names):
        files.write(name, content(index))
    again = scrub.run(resume=True)
    assert by_kind(again)[Kind.ADDED] == expected[Kind.ADDED] and len(again.wrong) == 5
    assert damaged() == set() and told() == people


def test_a_scrub_goes_on_where_it_stopped(app: Flask) -> None:
    quiet()
    files = Files(None)
    names = add(files, 300)
    for index in (3, 200):
        files.write(names[index], b"other bytes")
    standing = scrub.begun(scrub.last())
    for _piece in range(5):
        piece = scrub.read(standing, 0.0)
        assert len(piece.whole) + len(piece.wrong) == 1, "no time, and yet it goes on"
        with chore("task.run", "a test") as done:
            standing = scrub.keep(done, piece)
    assert scrub.last() == standing and standing.under_way and standing.files == 5
    found = scrub.run(resume=True)
    rows = db.session.scalar(select(func.count()).select_from(Blob))
    assert (found.files, found.began) == (rows, standing.began)
    assert by_kind(found)[Kind.FLIPPED] == {names[3], names[200]}
    assert scrub.last() == found and not found.under_way
    later(timedelta(hours=1))
    assert scrub.run(resume=True).began > found.began, "a round that ended begins anew"


def test_from_the_start_begins_anew(app: Flask) -> None:
    quiet()
    with chore("task.run", "a test") as done:
        scrub.keep(done, scrub.read(scrub.begun(scrub.last()), 0.0))
    found = scrub.run(resume=False)
    assert found.files == db.session.scalar(select(func.count()).select_from(Blob)) and found.clean


def test_a_store_that_is_not_there_ends_a_piece_and_names_no_more_than_it_may(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    quiet()
    add(Files(None), 50)
    monkeypatch.setattr(type(runtime().evidence), "hashes", lambda _self, _below="": set())
    monkeypatch.setattr(scrub, "MOST_IN_PIECE", 20)
    monkeypatch.setattr(scrub, "MOST_NAMED", 30)
    found = scrub.run(resume=True)
    assert len(found.wrong) == 30
    assert found.more == found.files - 30 > 0
    assert len(damaged()) == found.files


def test_each_night_owes_a_scrub_in_pieces(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    quiet()
    monkeypatch.setattr(scrub, "PIECE", 0.0)

    def owed() -> list[OutboxTask]:
        db.session.expire_all()
        wanted = select(OutboxTask).where(OutboxTask.job == scrub.JOB).order_by(OutboxTask.created_at)
        return list(db.session.scalars(wanted))

    assert scrub.owe_scrub() == 0, "not by day"
    at(datetime(2020, 11, 13, 1, 5, tzinfo=ZONE))
    schedule.tick()
    assert (len(owed()), scrub.owe_scrub()) == (1, 0)
    for number in range(1, 4):
        entry.run(owed()[-1].id)
        assert [task.key for task in owed()][-1] == f"{scrub.JOB}:2020-11-13:{number + 1}"
    assert scrub.last().files == 3
    at(datetime(2020, 11, 13, 7, 0, tzinfo=ZONE))
    entry.run(owed()[-1].id)
    assert len(owed()) == 4 and scrub.last().under_way, "the night is over"
    at(datetime(2020, 11, 14, 1, 0, tzinfo=ZONE))
    assert scrub.owe_scrub() == 1
    monkeypatch.setattr(scrub, "PIECE", 60.0)
    entry.run(owed()[-1].id)
    assert len(owed()) == 5 and not scrub.last().under_way, "it is through, and nothing follows"


def test_the_command_answers_for_people_and_machines(app: Flask) -> None:
    quiet()
    files = Files(None)
    names = add(files, 5)
    data = str(runtime().settings.data)

    def ask(*options: str) -> Any:
        return CliRunner().invoke(main, ["scrub", *options], env={"DUDAO_DATA": data})

    whole = ask()
    assert whole.exit_code == 0 and "flipped: none" in whole.output
    files.write(names[0], b"other bytes")
    files.write(names[1], content(2))
    answer = ask("--json", "--from-start")
    found = json.loads(answer.output)
    assert answer.exit_code == 1
    assert (found["flipped"], found["swapped"], found["missing"]) == ([names[0]], [names[1]], [])
    assert found["holds"] == {names[1]: names[2]} and not found["clean"]
    assert f"holds the bytes of {names[2]}" in ask().output


@pytest.mark.slow
def test_a_scrub_costs_little_more_than_reading_and_hashing(app: Flask) -> None:
    """F6: at least 100 MB/s where the disk and the hash alone allow it; here it is compared with them."""
    quiet()
    size, number = 4_000_000, 50
    block = PHOTO + b"\1" * size
    with chore("seed", "a test") as done:
        for index in range(number):
            given = block + b"%d" % index
            name = hashlib.sha256(given).hexdigest()
            Files(None).write(name, given)
            done.session.add(Blob(sha256=name, size=len(given), media_type="image/jpeg", created_at=done.at))
    paths = [Files(None).path(name) for name in runtime().evidence.hashes()]
    rates = []
    for _turn in range(2):
        began = time.perf_counter()
        for path in paths:
            with path.open("rb") as file:
                durable.forget(file)
                hashlib.file_digest(file, "sha256").hexdigest()
        bare = time.perf_counter() - began
        began = time.perf_counter()
        found = scrub.run(resume=False)
        rates.append((found.size / (time.perf_counter() - began) / 1e6, found.size / bare / 1e6))
    scrubbed, hashed = max(rates)
    print(f"scrub {scrubbed:.0f} MB/s, hashing alone {hashed:.0f} MB/s, ratio {scrubbed / hashed:.2f}")
    assert scrubbed > min(100, 0.5 * hashed)


def test_a_notice_reaches_office_and_administrators_and_nobody_else(app: Flask) -> None:
    quiet()
    files = Files(None)
    files.write(add(files, 1)[0], b"other bytes")
    scrub.run(resume=True)
    readers = select(User.login).join(Notification, Notification.user_id == User.id)
    logins = set(db.session.scalars(readers.where(Notification.key.startswith("scrub:"))))
    assert {"office", "admin"} <= logins
    assert not logins & {"inspector", "auditor", "carriers-reporter"}
