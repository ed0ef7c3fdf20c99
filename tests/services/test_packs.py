"""Hand-over packs: whole, checkable on a bare Python, and every change found."""

from __future__ import annotations

import hashlib
import io
import json
import sqlite3
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from core.domain.access import Actor
from core.domain.errors import Invalid, Missing
from core.domain.files import FileState
from core.services import packs
from core.services.evidence import Upload
from core.services.runtime import runtime
from core.store.db import db
from core.store.models import AuditRecord, BagFile, EvidenceFile, Report, Unit
from core.store.queries import packs as queries
from tests.conftest import actor
from tests.services.helpers import handed_in

REASON = "移交省级档案室留存"


@pytest.fixture
def office(app: Flask) -> Actor:
    return actor("office")


def submitted(operator: Actor, *, text: bytes = b"plan of the month, one page") -> str:
    """A submitted report with a text file of this content."""
    return handed_in(operator, "GEN-01", "once-1", uploads=[Upload("方案 一.txt", io.BytesIO(text))])


def original_on_disk(report_id: str) -> Path:
    """Where the one file of a report lies in the store."""
    sha256 = db.session.scalars(select(EvidenceFile.sha256).where(EvidenceFile.report_id == report_id)).one()
    path = runtime().evidence.path(sha256)
    assert path is not None
    return path


def made(office: Actor, kind: packs.Kind, key: str, folder: Path) -> tuple[Path, packs.Pack]:
    pack = packs.make(office, kind, key, REASON)
    path = folder / f"{pack.name}.zip"
    with path.open("wb") as file:
        file.writelines(pack.stream())
    pack.close()
    return path, pack


def verify(path: Path, *more: str) -> tuple[int, str]:
    """Run the pack's own verifier, out of the pack, on a Python without anything of ours."""
    with zipfile.ZipFile(path) if path.is_file() else zipfile.ZipFile(path.with_suffix(".zip")) as archive:
        name = next(name for name in archive.namelist() if name.endswith("/verify.py"))
        script = archive.read(name)
    alone = path.parent / "verify-alone.py"
    alone.write_bytes(script)
    told = subprocess.run(
        [sys.executable, "-I", "-S", str(alone), str(path), *more], capture_output=True, check=False
    )
    return told.returncode, told.stdout.decode() + told.stderr.decode()


def test_a_reports_pack_holds_its_original_its_text_and_a_manifest_that_fits(
    operator: Actor, office: Actor, tmp_path: Path
) -> None:
    report_id = submitted(operator)
    path, pack = made(office, "report", report_id, tmp_path)
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        inside = {name.partition("/")[2]: archive.read(name) for name in archive.namelist()}
    manifest = json.loads(inside["MANIFEST.json"])
    assert hashlib.sha256(inside["MANIFEST.json"]).hexdigest() == pack.manifest
    assert {entry["path"] for entry in manifest["files"]} == set(inside) - {"MANIFEST.json"}
    original = next(name for name in inside if "/files/" in name)
    assert original.endswith("/files/01 方案 一.txt")
    assert inside[original] == b"plan of the month, one page"
    told = json.loads(inside[original.rsplit("/files/", 1)[0] + "/report.json"])
    assert told["duty"]["code"] == "GEN-01"
    assert told["files"][0]["sha256"] == hashlib.sha256(inside[original]).hexdigest()
    assert [step["action"] for step in told["history"]] == ["submit"]
    read = inside[original.rsplit("/files/", 1)[0] + "/report.txt"].decode("utf-8-sig")
    assert "状态：待审核" in read
    assert "01 方案 一.txt" in read
    assert verify(path, "--manifest", pack.manifest)[0] == 0


def test_the_hand_over_is_recorded_with_the_manifests_hash(
    operator: Actor, office: Actor, tmp_path: Path
) -> None:
    report_id = submitted(operator)
    _path, pack = made(office, "report", report_id, tmp_path)
    record = db.session.scalars(select(AuditRecord).where(AuditRecord.action == "evidence.pack")).one()
    assert (record.object_type, record.object_id) == ("report", report_id)
    assert record.detail["manifest"] == pack.manifest
    assert record.detail["reason"] == REASON


def rewritten(path: Path, change: Callable[[dict[str, bytes]], list[tuple[str, bytes]]]) -> Path:
    """A copy of a pack with other contents."""
    with zipfile.ZipFile(path) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    target = path.parent / "changed.zip"
    with zipfile.ZipFile(target, "w") as archive:
        for name, data in change(contents):
            archive.writestr(name, data)
    return target


def original_of(contents: dict[str, bytes]) -> str:
    return next(name for name in contents if "/files/" in name)


def drop(contents: dict[str, bytes]) -> list[tuple[str, bytes]]:
    return [(name, data) for name, data in contents.items() if name != original_of(contents)]


def flip(contents: dict[str, bytes]) -> list[tuple[str, bytes]]:
    name = original_of(contents)
    return list((contents | {name: bytes([contents[name][0] ^ 1]) + contents[name][1:]}).items())


def cut(contents: dict[str, bytes]) -> list[tuple[str, bytes]]:
    name = original_of(contents)
    return list((contents | {name: contents[name][:-1]}).items())


def add(contents: dict[str, bytes]) -> list[tuple[str, bytes]]:
    return [*contents.items(), (original_of(contents) + ".more", b"x")]


def rename(contents: dict[str, bytes]) -> list[tuple[str, bytes]]:
    moved = original_of(contents)
    return [(name.replace("01 ", "02 ") if name == moved else name, data) for name, data in contents.items()]


def change_text(contents: dict[str, bytes]) -> list[tuple[str, bytes]]:
    name = next(name for name in contents if name.endswith("report.json"))
    return list((contents | {name: contents[name].replace(b"submitted", b"accepted ")}).items())


@pytest.mark.parametrize("change", [drop, flip, cut, add, rename, change_text])
def test_the_verifier_finds_each_change(
    operator: Actor,
    office: Actor,
    tmp_path: Path,
    change: Callable[[dict[str, bytes]], list[tuple[str, bytes]]],
) -> None:
    path, _pack = made(office, "report", submitted(operator), tmp_path)
    assert verify(path)[0] == 0
    status, told = verify(rewritten(path, change))
    assert status == 1, told


def test_a_pack_whose_manifest_was_made_to_fit_is_found_by_the_recorded_hash(
    operator: Actor, office: Actor, tmp_path: Path
) -> None:
    path, pack = made(office, "report", submitted(operator), tmp_path)

    def forge(contents: dict[str, bytes]) -> list[tuple[str, bytes]]:
        changed = dict(flip(contents))
        name = next(name for name in changed if name.endswith("MANIFEST.json"))
        manifest = json.loads(changed[name])
        for entry in manifest["files"]:
            data = changed[f"{pack.name}/{entry['path']}"]
            entry |= {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
        return list((changed | {name: json.dumps(manifest).encode()}).items())

    forged = rewritten(path, forge)
    assert verify(forged)[0] == 0
    assert verify(forged, "--manifest", pack.manifest)[0] == 1


def test_an_unpacked_pack_is_checked_in_its_folder(operator: Actor, office: Actor, tmp_path: Path) -> None:
    path, pack = made(office, "report", submitted(operator), tmp_path)
    with zipfile.ZipFile(path) as archive:
        archive.extractall(tmp_path)
    own = [sys.executable, "-I", "-S", str(tmp_path / pack.name / "verify.py")]
    assert subprocess.run(own, capture_output=True, check=False).returncode == 0
    next((tmp_path / pack.name).rglob("01 *")).write_bytes(b"something else")
    assert subprocess.run(own, capture_output=True, check=False).returncode == 1


def test_the_whole_campaign_goes_into_one_pack(office: Actor, tmp_path: Path) -> None:
    key = packs._campaign().key
    path, _pack = made(office, "campaign", key, tmp_path)
    with zipfile.ZipFile(path) as archive:
        texts = [name for name in archive.namelist() if name.endswith("report.json")]
    everything = db.session.scalars(select(Report.id).where(Report.submitted_at.is_not(None))).all()
    assert len(texts) == len(everything) > 50
    assert verify(path)[0] == 0


def test_a_citys_office_hands_over_its_city_alone(app: Flask, tmp_path: Path) -> None:
    office = actor("zz-office")
    path, _pack = made(office, "campaign", packs._campaign().key, tmp_path)
    with zipfile.ZipFile(path) as archive:
        codes = {name.split("/")[2] for name in archive.namelist() if name.endswith("report.json")}
    inside = set(db.session.scalars(select(Unit.code).where(Unit.region_path.contains("/410100/"))))
    assert codes
    assert codes <= inside
    foreign = db.session.scalar(select(Unit.id).where(Unit.region_path.contains("/410300/")))
    with pytest.raises(Missing):
        packs.make(office, "unit", str(foreign), REASON)


def test_a_refused_file_is_listed_and_stays_here(operator: Actor, office: Actor, tmp_path: Path) -> None:
    report_id = submitted(operator)
    bag_id = db.session.scalar(select(EvidenceFile.bag_id).where(EvidenceFile.report_id == report_id))
    db.session.execute(update(BagFile).where(BagFile.id == bag_id).values(state=FileState.REFUSED))
    db.session.commit()
    path, _pack = made(office, "report", report_id, tmp_path)
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        told = json.loads(archive.read(next(name for name in names if name.endswith("report.json"))))
    assert not [name for name in names if "/files/" in name]
    assert told["files"][0]["withheld"] == "refused"
    assert verify(path)[0] == 0


@pytest.mark.parametrize("reason", ["", "  ", "因为"])
def test_a_reason_is_needed(operator: Actor, office: Actor, reason: str) -> None:
    report_id = submitted(operator)
    with pytest.raises(Invalid):
        packs.make(office, "report", report_id, reason)


def test_units_and_inspectors_hand_nothing_over(operator: Actor, inspector: Actor) -> None:
    report_id = submitted(operator)
    for person in (operator, inspector):
        with pytest.raises(Missing):
            packs.make(person, "report", report_id, REASON)


def test_evidence_that_rotted_goes_along_and_the_verifier_names_it(
    operator: Actor, office: Actor, tmp_path: Path
) -> None:
    report_id = submitted(operator)
    stored = original_on_disk(report_id)
    stored.chmod(0o600)
    stored.write_bytes(b"PLAN of the month, one page")
    path, _pack = made(office, "report", report_id, tmp_path)
    status, told = verify(path)
    assert status == 1
    assert "01 方案 一.txt" in told


def test_evidence_that_is_lost_leaves_the_pack_whole_and_the_verifier_names_it(
    operator: Actor, office: Actor, tmp_path: Path
) -> None:
    report_id = submitted(operator)
    stored = original_on_disk(report_id)
    stored.unlink()
    path, pack = made(office, "report", report_id, tmp_path)
    status, told = verify(path, "--manifest", pack.manifest)
    assert status == 1
    assert "缺少 / missing" in told and "01 方案 一.txt" in told


def test_evidence_at_the_zip_formats_limit_goes_in(
    operator: Actor, office: Actor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The limit is 2 GiB less a byte, and the largest file has 2 GiB: here both are a thousand times smaller."""
    assert packs._LONG < zipfile.ZIP64_LIMIT
    report_id = submitted(operator, text=b"a line\n" * 1024)
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 7 * 1024 - 1)
    monkeypatch.setattr(packs, "_LONG", packs._LONG // 2**20)
    path, _pack = made(office, "report", report_id, tmp_path)
    assert verify(path)[0] == 0


def test_others_write_while_a_pack_is_collected(
    operator: Actor, office: Actor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A campaign's takes minutes: nobody waits for it (SQLite has one writer)."""
    report_id, real = submitted(operator), queries.reports
    wrote = []

    def watched(*asked: Any) -> Iterator[Any]:
        for report in real(*asked):
            other = sqlite3.connect(runtime().settings.data / "dudao.sqlite3", timeout=0)
            with other:
                other.execute("BEGIN IMMEDIATE")
            other.close()
            wrote.append(report.id)
            yield report

    monkeypatch.setattr(queries, "reports", watched)
    made(office, "report", report_id, tmp_path)
    assert wrote == [report_id]


def test_memory_stays_the_same_for_large_evidence(office: Actor) -> None:
    """Pieces of at most a mebibyte leave at once."""

    class Endless(io.RawIOBase):
        left = 64 * 1024 * 1024

        def readable(self) -> bool:
            return True

        def read(self, size: int = -1) -> bytes:
            taken = min(size, self.left)
            self.left -= taken
            return b"x" * taken

    class Store:
        def open(self, _sha256: str) -> Endless:
            return Endless()

    entry = packs.Entry("files/large", "0" * 64, Endless.left)
    pack = packs.Pack("p", "", [entry], io.BytesIO(), Store(), runtime().clock.now())  # type: ignore[arg-type]
    sizes = [len(piece) for piece in pack.stream()]
    assert sum(sizes) > Endless.left
    assert max(sizes) < 2 * packs.PIECE
