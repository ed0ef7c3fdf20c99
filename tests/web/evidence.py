"""Evidence for the tests of serving and viewing: files of every kind, uploaded by a unit and really examined."""

from __future__ import annotations

import io
from dataclasses import dataclass
from fractions import Fraction

import av
import numpy as np
import pypdfium2
import xlsxwriter
from PIL import Image, ImageDraw
from sqlalchemy import select

from core.domain.files import Scan
from core.services import examining, masking
from core.services.runtime import runtime
from core.services.work import chore
from core.store.models import BagFile, Blob, BlobFacts, EvidenceFile, Mask
from core.store.upsert import insert_or_ignore
from tests.web.deeds import CLERK
from tests.web.site import Site
from tests.web.test_files import attached, upload

CENTRE = [0.25, 0.25, 0.5, 0.5]


@dataclass(frozen=True)
class Put:
    """A file that was uploaded: its use in the newest draft, the bag's file, its bytes' hash."""

    use_id: str
    bag_id: str
    sha256: str
    content: bytes


def picture(kind: str = "JPEG", size: tuple[int, int] = (640, 480), seed: int = 1) -> bytes:
    """A picture with something in it: a white square in its middle on a coloured ground."""
    image = Image.new("RGB", size, (40 + seed % 150, 90, 160))
    draw = ImageDraw.Draw(image)
    draw.rectangle([size[0] * 0.3, size[1] * 0.3, size[0] * 0.7, size[1] * 0.7], fill=(255, 255, 255))
    stream = io.BytesIO()
    image.save(stream, kind)
    return stream.getvalue()


def paper(pages: int = 3) -> bytes:
    document = pypdfium2.PdfDocument.new()
    for _number in range(pages):
        document.new_page(300, 400)
    stream = io.BytesIO()
    document.save(stream)
    document.close()
    return stream.getvalue()


def film(seconds: int = 2, kind: str = "mp4", codec: str = "mpeg4") -> bytes:
    """A film; browsers play it where it is made by `libx264`."""
    stream = io.BytesIO()
    with av.open(stream, "w", format=kind) as box:
        track = box.add_stream(codec, rate=10)
        assert isinstance(track, av.VideoStream)
        track.width, track.height, track.pix_fmt = 160, 120, "yuv420p"
        track.time_base = Fraction(1, 10)
        for number in range(seconds * 10):
            shade = np.full((120, 160, 3), number * 5 % 255, dtype=np.uint8)
            frame = av.VideoFrame.from_ndarray(shade, format="rgb24")
            for packet in track.encode(frame):
                box.mux(packet)
        for packet in track.encode():
            box.mux(packet)
    return stream.getvalue()


def table(rows: int = 3) -> bytes:
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, {"in_memory": True, "strings_to_formulas": False}) as book:
        sheet = book.add_worksheet()
        for number in range(rows):
            sheet.write_row(number, 0, [f"单位{number}", number * 10, "=1+1<b>"])
    return stream.getvalue()


def put(site: Site, content: bytes, name: str, *, examine: bool = True) -> Put:
    """Upload a file into a new draft of the clerk's, and do what the worker would."""
    archive = name.endswith(".zip")
    sent = upload(site, b"in its place", "a.txt") if archive else upload(site, content, name)
    assert sent.status_code == 302, name
    [(use_id, _name)] = attached(site)
    if archive:
        _become(site, use_id, content, name)
    with site.inside() as session:
        row = session.get_one(EvidenceFile, use_id)
        made = Put(use_id, row.bag_id, row.sha256, content)
    if examine:
        look_into(site, made.bag_id)
    return made


def _become(site: Site, use_id: str, content: bytes, name: str) -> None:
    """No duty that is reported often takes archives: a file of another kind becomes one."""
    with site.inside():
        stored = runtime().evidence.put(io.BytesIO(content), name, len(content))
        with chore("task.run", "a test's file") as done:
            use = done.session.get_one(EvidenceFile, use_id)
            blob = {"sha256": stored.sha256, "size": stored.size, "media_type": stored.type.media_type}
            insert_or_ignore(done.session(), Blob, blob | {"created_at": done.at})
            for row in (use, done.session.get_one(BagFile, use.bag_id)):
                row.sha256, row.name, row.kind = stored.sha256, name, stored.type.kind


def look_into(site: Site, bag_id: str) -> None:
    with site.inside():
        payload = {"bag_id": bag_id}
        found = examining.examine(payload)
        with chore("task.run", "a test's worker") as done:
            examining.keep(done, payload, found)


def make_mask(site: Site, bag_id: str, *, made: bool = True) -> str:
    """Mask a picture's middle as its unit does; with `made` the worker has done its part."""
    form = dict(zip(("left", "top", "width", "height"), ("25", "25", "50", "50"), strict=True))
    unit_type = site.units[CLERK].unit_type
    answer = site.post(CLERK, f"/u/{unit_type}/bag/{bag_id}/mask", form)
    assert answer.status_code == 302, answer.text
    mask_id = standing(site, bag_id)
    assert mask_id is not None
    if made:
        work_mask(site, mask_id)
    return mask_id


def work_mask(site: Site, mask_id: str) -> None:
    with site.inside():
        payload = {"mask_id": mask_id}
        previews = masking.make(payload)
        with chore("task.run", "a test's worker") as done:
            masking.keep(done, payload, previews)


def standing(site: Site, bag_id: str) -> str | None:
    with site.inside() as session:
        return session.scalars(
            select(Mask.id).where(Mask.bag_id == bag_id, Mask.removed_at.is_(None))
        ).one_or_none()


def set_scan(site: Site, sha256: str, verdict: Scan) -> None:
    with site.inside() as session:
        row = session.get_one(BlobFacts, sha256)
        row.scan, row.scan_why = verdict, ["原因", "reason"]
        session.commit()


def set_state(site: Site, bag_id: str, state: str) -> None:
    with site.inside() as session:
        session.get_one(BagFile, bag_id).state = state
        session.commit()


def damaged_at(site: Site, sha256: str) -> object:
    with site.inside() as session:
        return session.get_one(Blob, sha256).damaged_at


def white_in_the_middle(data: bytes) -> bool:
    """Whether the square in the middle of a picture can be seen. A watermark's letters are thin."""
    with Image.open(io.BytesIO(data), formats=["WEBP", "JPEG", "PNG"]) as image:
        small = image.convert("RGB").resize((10, 10), Image.Resampling.BOX)
    red, green, blue = small.getpixel((5, 5))  # type: ignore[misc]  # three colours
    return min(red, green, blue) > 200
