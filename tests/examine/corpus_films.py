"""Films: honest ones, damaged ones, playlists under a film's name, films whose data lie elsewhere, sizes that lie."""

from __future__ import annotations

import io
import struct
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import av
from PIL import Image

from tests.examine.corpus import ATTENTION, AWAY, NOT_TAKEN, READY, REFUSED, STORED, Case
from tests.examine.made_pictures import busy, packed, scene

GROUP = "films"


def cases() -> list[Case]:
    return [*_honest(), *_damaged(), *_elsewhere(), *_bombs(), *_polyglots()]


# --- makers -------------------------------------------------------------------------------------------------------


@cache
def film(
    form: str = "mp4",
    *,
    codec: str = "libx264",
    seconds: int = 2,
    size: tuple[int, int] = (320, 240),
    fast: bool = False,
    tags: tuple[tuple[str, str], ...] = (),
    turned: int = 0,
    scenery: str = "",
) -> bytes:
    with tempfile.TemporaryDirectory() as folder:  # moving the table to the beginning reads the file again
        path = Path(folder) / "film"
        picture = busy(*size) if scenery else scene(*size)
        _write(path, form, codec, seconds, picture, fast=fast, tags=tags, turned=turned)
        return path.read_bytes()


def _write(
    path: Path,
    form: str,
    codec: str,
    seconds: int,
    picture: Image.Image,
    *,
    fast: bool,
    tags: tuple[tuple[str, str], ...],
    turned: int,
) -> None:
    options = {"movflags": "faststart"} if fast else {}
    if any(name.startswith("com.") for name, _ in tags):
        options = {"movflags": "use_metadata_tags"}
    with av.open(str(path), "w", format=form, options=options) as made:
        made.metadata.update(dict(tags))
        stream: Any = made.add_stream(codec, rate=10)
        stream.width, stream.height = picture.size
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        if turned:
            stream.set_display_rotation(turned)
        for number in range(seconds * 10):
            picture.putpixel((number, 0), (255, 255, 255))
            frame: Any = av.VideoFrame
            for packet in stream.encode(frame.from_image(picture)):
                made.mux(packet)
        for packet in stream.encode():
            made.mux(packet)


def box(kind: bytes, *content: bytes) -> bytes:
    body = b"".join(content)
    return struct.pack(">I", len(body) + 8) + kind + body


FTYP = box(b"ftyp", b"isom\0\0\2\0isomiso2mp41")


def changed(find: bytes, put: bytes, whole: bytes | None = None) -> bytes:
    """A film with some bytes replaced by as many others."""
    assert len(find) == len(put)
    whole = whole or film()
    assert find in whole
    return whole.replace(find, put)


def referring(entry: bytes) -> bytes:
    """A film with another entry in its table of where its data are: all sizes around it fit."""
    whole = film(fast=False)
    at = whole.index(b"dref") - 4
    old = whole[at : at + struct.unpack(">I", whole[at : at + 4])[0]]
    new = box(b"dref", b"\0\0\0\0\0\0\0\1", entry)
    grown = bytearray(whole.replace(old, new))
    more = len(new) - len(old)
    for kind in (b"moov", b"trak", b"mdia", b"minf", b"dinf"):
        place = grown.index(kind) - 4
        grown[place : place + 4] = struct.pack(">I", struct.unpack(">I", grown[place : place + 4])[0] + more)
    return bytes(grown)


def _tracked(width: int, height: int) -> bytes:
    whole = bytearray(film())
    at = whole.index(b"tkhd") - 4
    end = at + struct.unpack(">I", whole[at : at + 4])[0]
    whole[end - 8 : end] = struct.pack(">II", width << 16, height << 16)
    return bytes(whole)


def _case(
    name: str,
    data: bytes | Callable[[], bytes],
    allowed: frozenset[Any],
    filename: str = "巡查.mp4",
    *,
    honest: bool = False,
) -> Case:
    return Case(name, GROUP, data, filename, allowed, honest)


# --- the cases ----------------------------------------------------------------------------------------------------


def _honest() -> list[Case]:
    moment = (("creation_time", "2020-11-12T01:30:00Z"),)
    apple = (
        ("com.apple.quicktime.creationdate", "2020-11-12T09:30:00+0800"),
        ("com.apple.quicktime.location.ISO6709", "+34.7466+113.6253+110/"),
    )
    good: list[tuple[str, bytes | Callable[[], bytes], str]] = [
        ("MP4 with H.264", film(), "巡查.mp4"),
        ("MP4 that begins with its table", film(fast=True), "巡查.mp4"),
        ("MP4 with H.265", lambda: film(codec="libx265"), "巡查.mp4"),
        ("MP4 with MPEG-4", film(codec="mpeg4"), "巡查.mp4"),
        ("MOV", film("mov"), "IMG_0001.MOV"),
        ("MOV with motion JPEG", film("mov", codec="mjpeg"), "IMG_0001.MOV"),
        ("MP4 with a time", film(tags=moment), "巡查.mp4"),
        ("MOV with Apple's time and place", film("mov", tags=apple), "IMG_0001.MOV"),
        ("MP4 that is turned", film(turned=90), "竖拍.mp4"),
        ("MP4 of 20 seconds in 720p", lambda: film(seconds=20, size=(1280, 720)), "巡查.mp4"),
        ("MP4 with filling behind it", film() + box(b"free", bytes(2000)), "巡查.mp4"),
        ("MP4 under a picture's name", film(), "现场.jpg"),
    ]
    return [_case(name, data, READY, filename, honest=True) for name, data, filename in good]


def _damaged() -> list[Case]:
    whole = film()
    moov = whole.index(b"moov") - 4
    fast = film(fast=True)
    return [
        _case("MP4 cut in the middle", whole[: len(whole) // 2], REFUSED),
        _case("MP4 with its table, cut in the data", fast[: len(fast) * 3 // 4], REFUSED),
        _case("MP4 without its table", whole[:moov], REFUSED),
        _case("MP4 without data", FTYP + whole[moov:], REFUSED),
        _case("MP4 of a head only", FTYP, REFUSED),
        _case("MP4 with noise for data", _noise(), REFUSED),
        _case("MP4 with an empty table", FTYP + box(b"moov"), REFUSED),
        _case("MP4 of no length", changed(b"stts", b"sttx"), REFUSED | STORED),
        _case("MP4 whose first part says it has no bytes", b"\0\0\0\4ftypisom" + whole[12:], REFUSED),
        _case("MP4 of an unknown codec", changed(b"avc1", b"zzzz", whole), REFUSED),
        _case("empty film", b"", NOT_TAKEN),
    ]


def _noise() -> bytes:
    whole = bytearray(film())
    at = whole.index(b"mdat") + 4
    end = whole.index(b"moov") - 4
    whole[at:end] = bytes(255 - number % 256 for number in range(end - at))
    return bytes(whole)


def _elsewhere() -> list[Case]:
    playlist = (
        b"#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:10.0,\nconcat:http://example.org/x|file:///etc/passwd\n"
    )
    listed = b"ffconcat version 1.0\nfile /etc/passwd\n"
    url = b"http://example.org/film.mp4\0"
    return [
        _case("HLS playlist named .mp4", playlist, STORED | AWAY),
        _case("HLS playlist behind a film's first bytes", FTYP + playlist, REFUSED),
        _case("list of films to join, named .mp4", listed, STORED | AWAY),
        _case(
            "DASH manifest named .mp4",
            b"<?xml version='1.0'?><MPD><BaseURL>file:///etc</BaseURL></MPD>",
            NOT_TAKEN,
        ),
        _case("AVI with a playlist within", b"RIFF\0\1\0\0AVI LIST" + playlist, NOT_TAKEN),
        _case("Matroska", b"\x1a\x45\xdf\xa3" + bytes(200), NOT_TAKEN, "巡查.mkv"),
        _case("film whose data lie at an address", referring(box(b"url ", b"\0\0\0\0", url)), REFUSED),
        _case(
            "film whose data lie in a file", referring(box(b"url ", b"\0\0\0\0file:///etc/passwd\0")), REFUSED
        ),
        _case(
            "film whose data lie behind an alias", referring(box(b"alis", b"\0\0\0\0" + bytes(150))), REFUSED
        ),
        _case("film whose data have a name", referring(box(b"urn ", b"\0\0\0\0urn:x\0")), REFUSED),
        _case("film whose data are a resource", referring(box(b"rsrc", b"\0\0\0\1" + bytes(20))), REFUSED),
        _case(
            "film that points to other films",
            FTYP.replace(b"isom\0\0", b"qt  \0\0")
            + box(b"moov", box(b"rmra", box(b"rmda", box(b"rdrf", b"\0\0\0\0url " + url)))),
            REFUSED,
            "IMG.MOV",
        ),
        _case("film with a packed table", FTYP + box(b"moov", box(b"cmov", bytes(40))), REFUSED),
    ]


def _bombs() -> list[Case]:
    deep = b""
    for _ in range(400):
        deep = box(b"trak", deep)
    return [
        _case("MP4 of 60000 x 60000", _tracked(60_000, 60_000), REFUSED),
        _case("MP4 of 20000 x 16", _tracked(20_000, 16), REFUSED),
        _case("MP4 of 30000 x 30000 in its codec", _coded(30_000, 30_000), REFUSED | STORED),
        _case("MP4 with boxes 400 deep", FTYP + box(b"moov", deep), REFUSED),
        _case("MP4 with 100000 boxes", FTYP + box(b"moov", box(b"free") * 100_000), REFUSED),
        _case("MP4 with 100000 boxes beside each other", film() + box(b"free") * 100_000, REFUSED),
        _case("MP4 that claims four thousand million samples", _samples(), REFUSED | STORED),
        _case(
            "MP4 with a table of 200 MB",
            lambda: FTYP + box(b"moov", box(b"free", bytes(200_000_000))),
            REFUSED,
        ),
        _case("MP4 with a box of 2^63 bytes", FTYP + struct.pack(">I4sQ", 1, b"mdat", 2**63), REFUSED),
    ]


def _coded(width: int, height: int) -> bytes:
    whole = bytearray(film())
    at = whole.index(b"avc1", whole.index(b"stsd")) + 28
    whole[at : at + 4] = struct.pack(">HH", width, height)
    return bytes(whole)


def _samples() -> bytes:
    whole = bytearray(film())
    at = whole.index(b"stsz") + 12
    whole[at : at + 4] = b"\xff\xff\xff\xff"
    return bytes(whole)


def _polyglots() -> list[Case]:
    still = io.BytesIO()
    Image.new("RGB", (8, 8)).save(still, "PNG")
    return [
        _case("MP4 with an archive behind it", film() + packed(), REFUSED),
        _case("MP4 with a page behind it", film() + b"<html><script>alert(1)</script>", REFUSED),
        _case("MP4 with unknown data behind it", film() + b"\xff\xfe secret" * 30, ATTENTION),
        _case("sound only", _sound(), REFUSED, "录音.mp4"),
        _case("a picture named .mp4", still.getvalue(), READY),
    ]


@cache
def _sound() -> bytes:
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as made:
        stream: Any = made.add_stream("aac", rate=44_100)
        frame = av.AudioFrame(format="fltp", layout="mono", samples=1024)
        frame.sample_rate = 44_100
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        for number in range(20):
            frame.pts = number * 1024
            for packet in stream.encode(frame):
                made.mux(packet)
        for packet in stream.encode():
            made.mux(packet)
    return buffer.getvalue()
