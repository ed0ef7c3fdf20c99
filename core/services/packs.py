"""Hand-over packs: reports with their original evidence as a zip that anyone can check without Dudao (feature 40).

A pack is made in two passes: the first writes the small texts to a temporary file and learns all hashes, so that the
audit record holds the manifest's hash before a byte leaves; the second streams. Memory holds a short entry for each
file, never its bytes, and nobody who writes waits for either.
"""

from __future__ import annotations

import hashlib
import io
import json
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Literal

from sqlalchemy.orm import Session

from core.domain.access import Actor, Permission
from core.domain.campaigns import CampaignFacts
from core.domain.errors import Invalid, Missing
from core.domain.schema import present
from core.domain.text import Text
from core.domain.workflow import ACTION_TITLES, STATE_TITLES, Action, State
from core.services import campaigns
from core.services.runtime import runtime
from core.services.work import deed, reading
from core.store.evidence import EvidenceStore
from core.store.queries import packs as queries
from core.store.queries.packs import PackedFile, PackedReport, Size

Kind = Literal["report", "unit", "campaign"]
FORMAT = "dudao-pack/1"
SHORTEST_REASON = 5
PIECE = 1024 * 1024
_BUNDLED = Path(__file__).resolve().parent.parent / "data" / "pack"
#: Entries of more bytes than this get the zip format's long fields: well below its limit of 2 GiB less a byte.
_LONG = 2**30


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of the pack: evidence by its hash, or a text at a place of the temporary file."""

    path: str
    sha256: str
    size: int
    at: int | None = None

    def listed(self) -> dict[str, Any]:
        return {"path": self.path, "sha256": self.sha256, "size": self.size}


@dataclass
class Pack:
    """A pack that is ready to be sent. `stream` may be read once."""

    name: str
    manifest: str
    entries: list[Entry]
    texts: IO[bytes]
    store: EvidenceStore
    made_at: datetime

    def stream(self) -> Iterator[bytes]:
        """The zip, piece by piece.

        Evidence that is damaged goes in as it is, what is lost is left out: the manifest lists both, and the verifier
        names them.
        """
        sink = _Sink()
        with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as archive:
            for entry in self.entries:
                with suppress(FileNotFoundError), self._source(entry) as source:
                    info = zipfile.ZipInfo(f"{self.name}/{entry.path}", self.made_at.timetuple()[:6])
                    info.external_attr = 0o644 << 16
                    with archive.open(info, "w", force_zip64=entry.size > _LONG) as into:
                        while piece := source.read(PIECE):
                            into.write(piece)
                            yield sink.taken()
        yield sink.taken()

    def close(self) -> None:
        """Let go of the temporary file, also where nobody read the pack to its end."""
        self.texts.close()

    def _source(self, entry: Entry) -> IO[bytes]:
        if entry.at is None:
            return self.store.open(entry.sha256)
        self.texts.seek(entry.at)
        return io.BytesIO(self.texts.read(entry.size))


class _Sink:
    """Where the zip is written to; it cannot go back, so the zip is written in one go."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._pieces.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """The pieces are taken one by one."""

    def taken(self) -> bytes:
        found, self._pieces = b"".join(self._pieces), []
        return found


@dataclass
class _Writer:
    """The first pass: texts on disk, entries in memory."""

    texts: IO[bytes] = field(default_factory=lambda: tempfile.TemporaryFile("w+b"))  # noqa: SIM115 - the pack closes it
    entries: list[Entry] = field(default_factory=list)

    def text(self, path: str, data: bytes) -> str:
        return self.long_text(path, [data])

    def long_text(self, path: str, pieces: Iterable[bytes]) -> str:
        """Write a text that comes in pieces; says its hash."""
        digest, at = hashlib.sha256(), self.texts.tell()
        for piece in pieces:
            digest.update(piece)
            self.texts.write(piece)
        self.entries.append(Entry(path, digest.hexdigest(), self.texts.tell() - at, at))
        return digest.hexdigest()

    def evidence(self, path: str, file: PackedFile) -> None:
        self.entries.append(Entry(path, file.sha256, file.size))


def size(session: Session, kind: Kind, key: str) -> tuple[str, Size]:
    """What a pack is about and how much would go into it, in the session's scope. Raises Missing."""
    campaign = _campaign()
    title = queries.title(session, campaign.id, kind, key)
    if title is None:
        raise Missing
    return title, queries.size(session, campaign.id, kind, key)


def make(actor: Actor, kind: Kind, key: str, reason: str) -> Pack:
    """Make a pack of a report, a unit or the campaign, as far as the actor's scope goes. Raises Missing or Invalid."""
    reason = reason.strip()
    if len(reason) < SHORTEST_REASON:
        message = Text(
            f"请写明移交给谁、为什么（至少 {SHORTEST_REASON} 个字）",
            f"Say to whom it is handed over and why (at least {SHORTEST_REASON} characters)",
        )
        raise Invalid(message, {"reason": message})
    writer = _Writer()
    try:
        return _written(writer, actor, kind, key, reason)
    except BaseException:
        writer.texts.close()
        raise


def _written(writer: _Writer, actor: Actor, kind: Kind, key: str, reason: str) -> Pack:
    """Collect first, without a lock; then write the record of what was collected."""
    campaign, zone = _campaign(), runtime().clock.zone
    made_at, count = runtime().clock.now().astimezone(zone), 0
    for name in ("README.txt", "verify.py"):
        writer.text(name, (_BUNDLED / name).read_bytes())
    with reading(actor.scope(Permission.HAND_OVER)) as session:
        about = queries.title(session(), campaign.id, kind, key)
        if about is None:
            raise Missing
        for report in queries.reports(session(), campaign.id, kind, key):
            _report(writer, campaign, report)
            count += 1
        session.rollback()
    head = {
        "format": FORMAT,
        "about": {"kind": kind, "key": key, "title": about},
        "campaign": campaign.title.to_json(),
        "made_at": made_at.isoformat(timespec="seconds"),
        "made_by": {"login": actor.login, "name": actor.name},
        "reason": reason,
        "reports": count,
    }
    manifest = writer.long_text("MANIFEST.json", _listed(head, list(writer.entries)))
    with deed(actor, Permission.HAND_OVER, "evidence.pack") as done:
        done.about(kind, key, reason=reason, manifest=manifest, reports=count, files=len(writer.entries) - 1)
    name = f"dudao-{kind}-{key}-{made_at:%Y%m%d-%H%M%S}"
    return Pack(name, manifest, writer.entries, writer.texts, runtime().evidence, made_at)


def _listed(head: dict[str, Any], entries: Iterable[Entry]) -> Iterator[bytes]:
    """The manifest as JSON, a line for each file."""
    yield _json(head).removesuffix(b"\n}") + b',\n "files": ['
    for number, entry in enumerate(entries):
        line = json.dumps(entry.listed(), ensure_ascii=False)
        yield (",\n  " if number else "\n  ").encode() + line.encode()
    yield b"\n ]\n}\n"


def _campaign() -> CampaignFacts:
    campaign = campaigns.current()
    if campaign is None:
        raise Missing
    return campaign


def _report(writer: _Writer, campaign: CampaignFacts, report: PackedReport) -> None:
    folder = f"reports/{report.unit_code}/{report.duty_code}_{report.period_key}_{report.id}"
    files = []
    for number, file in enumerate(report.files, 1):
        path = None if file.withheld else f"{folder}/files/{number:02} {file.name}"
        if path:
            writer.evidence(path, file)
        files.append(file.to_json() | {"path": path})
    duty = campaign.duty(report.duty_code)
    period = campaign.period(duty, report.period_key) if duty else None
    told = report.to_json() | {
        "duty": {"code": report.duty_code, "title": duty.title.to_json() if duty else [report.duty_code, ""]},
        "period": {
            "key": report.period_key,
            "starts": period.starts.isoformat() if period else None,
            "ends": period.ends.isoformat() if period else None,
        },
        "answers": [
            {"label": shown.label.to_json(), "lines": [line.to_json() for line in shown.lines]}
            for shown in present(report.schema, report.record)
        ],
        "files": files,
    }
    writer.text(f"{folder}/report.json", _json(told))
    writer.text(f"{folder}/report.txt", "\r\n".join(_lines(told)).encode("utf-8-sig"))


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1, default=str).encode()


def _lines(told: dict[str, Any]) -> Iterator[str]:
    """The report for people, in Chinese."""
    yield f"{told['duty']['code']} {told['duty']['title'][0]}"
    yield f"单位：{told['unit']['name']}（{told['unit']['code']}）  地区：{told['unit']['region']}"
    yield f"期次：{told['period']['starts']} 至 {told['period']['ends']}"
    yield f"状态：{STATE_TITLES[State(told['state'])].zh}{'（迟报）' if told['late'] else ''}"
    yield f"提交：{told['submitted_at']} {told['submitted_by'] or ''}"
    yield ""
    for answer in told["answers"]:
        yield f"{answer['label'][0]}：{'；'.join(line[0] for line in answer['lines']) or '（未填）'}"
    yield ""
    yield f"佐证材料 {len(told['files'])} 个："
    for file in told["files"]:
        where = (
            file["path"].rsplit("/", 1)[-1]
            if file["path"]
            else f"{file['name']}（未放入：{file['withheld']}）"
        )
        yield f"  {where}  {file['size']} 字节  SHA-256 {file['sha256']}  {file['proves']}".rstrip()
    yield ""
    yield "办理过程："
    for step in told["history"]:
        act = ACTION_TITLES[Action(step["action"])].zh
        yield f"  {step['at']}  {act}  {step['by']}  {step['reason']}".rstrip()
    yield ""
