"""Regular work on the evidence: what nobody came to hold is swept away, what waits in the spool is sent on."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from core.domain.errors import NotNow
from core.domain.tus import Said
from core.jobs import entry
from core.jobs.handlers import HANDLERS
from core.services import bag, fsck, reports, upkeep, uploads
from core.services.reports import Saved
from core.services.runtime import runtime
from core.services.work import chore
from core.store.db import db
from core.store.evidence import EvidenceFolder
from core.store.models import OutboxTask, Unit, Upload
from tests.conftest import actor
from tests.services.helpers import add_unit, clerk, filled, handed_in, home, jpeg, later, photo, quiet, submit
from tests.services.threads import together


def path_of(sha256: str) -> Path:
    path = runtime().evidence.path(sha256)
    assert path is not None
    return path


def aged(path: Path, hours: float = 1) -> None:
    then = time.time() - hours * 3600
    os.utime(path, (then, then))


def sweep() -> dict[str, int]:
    db.session.rollback()
    return upkeep.sweep({})


def test_bytes_that_no_report_came_to_hold_are_swept_away_after_a_time_of_grace(app: Flask) -> None:
    """A refused form's files stay for minutes, since they come before their row; what is held stays for ever."""
    quiet()
    who = actor("carriers-reporter")
    handed_in(who, "CAR-03", "week-3", uploads=[photo(1)])
    with pytest.raises(NotNow):
        submit(who, "CAR-03", "week-4", uploads=[photo(2)])
    held, stray = (hashlib.sha256(jpeg(seed)).hexdigest() for seed in (1, 2))
    aged(path_of(held), 24 * 365)
    assert sweep() == {"removed": 0, "parts": 0}
    aged(path_of(stray))
    assert fsck.check().files_without_row == [stray]
    assert sweep() == {"removed": 1, "parts": 0}
    assert held in runtime().evidence.hashes() and stray not in runtime().evidence.hashes()


ROUNDS = [pytest.param(5, id="some"), pytest.param(200, id="many", marks=pytest.mark.soak)]


@pytest.mark.parametrize("rounds", ROUNDS)
def test_sweeping_while_the_same_bytes_arrive_again_loses_nothing(any_app: Flask, rounds: int) -> None:
    """An old stray is about to be swept in the moment in which a report comes to hold the same bytes."""
    who = clerk(add_unit("one"))
    for seed in range(100, 100 + rounds):
        stray = runtime().evidence.put(photo(seed).stream, "x.jpg", 10**6).sha256
        aged(path_of(stray))
        wish = filled(home(who), "CAR-03", "week-3", 1, uploads=[photo(seed)])
        db.session.rollback()
        jobs: list[Callable[[], object]] = [partial(reports.save, who, wish, submit=True), sweep]
        saved, _swept = together(any_app, jobs)
        assert isinstance(saved, Saved) and saved.ok
        assert path_of(stray).read_bytes() == jpeg(seed)


def test_the_store_is_not_listed_while_the_database_is_held(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Listing takes long; the one who writes must not wait for it."""
    stray = runtime().evidence.put(photo(1).stream, "x.jpg", 10**6).sha256
    aged(path_of(stray))
    listed: list[bool] = []
    strays = EvidenceFolder.strays

    def watched(store: EvidenceFolder, known: set[str], older_than: float) -> set[str]:
        listed.append(db.session().in_transaction())
        return strays(store, known, older_than)

    monkeypatch.setattr(EvidenceFolder, "strays", watched)
    upkeep.owe_sweep()
    [task] = db.session.scalars(select(OutboxTask.id).where(OutboxTask.job == "sweep_evidence")).all()
    db.session.rollback()
    entry.run(task)
    assert listed == [False] and not path_of(stray).exists()


def test_parts_of_uploads_that_were_given_up_go_and_those_under_way_stay(app: Flask) -> None:
    incoming, unit = runtime().evidence.incoming, db.session.get_one(Unit, home(actor("carriers-reporter")))
    with chore("seed", "a test") as done:
        for name, ended in (("going", None), ("ended", done.at)):
            row = Upload(id=name, unit_id=unit.id, unit_type=unit.unit_type, region_path=unit.region_path)
            row.user_id, row.name, row.size = actor("carriers-reporter").user_id, "现场.mp4", 10
            row.created_at, row.expires_at, row.ended_at = done.at, done.at + timedelta(days=1), ended
            done.session.add(row)
    for name in ("going", "going.about", "ended", "nobody", "young"):
        (incoming / name).write_bytes(b"part")
        aged(incoming / name, 1 if name == "young" else 25)
    assert sweep() == {"removed": 0, "parts": 2}
    assert {path.name for path in incoming.iterdir()} == {"going", "going.about", "young"}


def test_only_a_store_with_a_spool_is_settled(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    quiet()
    assert upkeep.owe_settle() == 0
    monkeypatch.setattr(runtime(), "settings", replace(runtime().settings, evidence_url="s3://bucket"))
    waiting = [False]
    monkeypatch.setattr(EvidenceFolder, "waiting", lambda _self: waiting[0])
    assert (upkeep.owe_settle(), upkeep.owe_settle()) == (1, 0), "now and then in any case"
    waiting[0] = True
    owed = []
    for _second in range(60):
        owed.append(upkeep.owe_settle())
        later(timedelta(seconds=1))
    assert sum(owed) == 3, "three times a minute while something waits"
    assert HANDLERS["settle_evidence"].prepare({}) == {"waiting": 0}


def test_a_job_says_what_it_did(app: Flask) -> None:
    with chore("task.run", "a test") as done:
        upkeep.note(done, {}, {"removed": 3})
        assert done.detail == {"removed": 3}


def test_an_upload_that_rests_for_a_day_is_ended_by_the_sweep(app: Flask) -> None:
    """Its part is gone and its room in the quota is free again."""
    who = clerk(add_unit("resting", kind="hall"))
    begun = uploads.begin(who, Said("现场.mp4", home(who), "", None), 1_000_000, "")
    room = bag.room(db.session(), home(who)).files
    later(timedelta(hours=25))
    upkeep.owe_sweep()
    [task] = db.session.scalars(select(OutboxTask.id).where(OutboxTask.job == "sweep_evidence")).all()
    db.session.rollback()
    entry.run(task)
    row = db.session.get_one(Upload, begun.id)
    assert row.ended_at is not None
    assert bag.room(db.session(), home(who)).files == room + 1
    assert not [path for path in runtime().evidence.incoming.iterdir() if path.name.startswith(begun.id)]
