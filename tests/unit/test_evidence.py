"""Evidence bytes: kept once, safely, or not at all; and the names under which people see them."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.store import filetypes
from core.store.evidence import (
    CHUNK,
    EvidenceFolder,
    StorageFailed,
    TooLarge,
    Unrecognised,
    shown_name,
)
from tests.unit.files import picture

PHOTO = picture("JPEG")
SHA = hashlib.sha256(PHOTO).hexdigest()
LIMIT = 10 * 1024 * 1024


@pytest.fixture
def kept(tmp_path: Path) -> EvidenceFolder:
    return EvidenceFolder(f"file://{tmp_path}/evidence")


def everything(folder: EvidenceFolder) -> list[Path]:
    """Every file in the folder, whatever it is."""
    return [path for path in folder.root.rglob("*") if path.is_file()]


def test_a_file_is_kept_under_its_hash_as_it_came(kept: EvidenceFolder) -> None:
    stored = kept.put(io.BytesIO(PHOTO), "现场.png", LIMIT)
    assert (stored.sha256, stored.size, stored.type) == (SHA, len(PHOTO), filetypes.JPEG)
    assert kept.path(SHA) == kept.root / SHA[:2] / SHA[2:4] / SHA
    assert kept.path(SHA).read_bytes() == PHOTO
    assert everything(kept) == [kept.path(SHA)]
    assert kept.hashes() == {SHA}
    assert kept.digest(SHA) == SHA


def test_a_kept_file_can_be_read_by_its_owner_alone_and_written_by_nobody(kept: EvidenceFolder) -> None:
    kept.put(io.BytesIO(PHOTO), "a.jpg", LIMIT)
    assert stat.S_IMODE(kept.path(SHA).stat().st_mode) == 0o400
    folders = [kept.root / "incoming", kept.path(SHA).parent, kept.path(SHA).parent.parent]
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in folders} == {0o700}


def test_the_same_bytes_are_kept_once_whatever_their_names(kept: EvidenceFolder) -> None:
    first = kept.put(io.BytesIO(PHOTO), "a.jpg", LIMIT)
    assert kept.put(io.BytesIO(PHOTO), "b.png", LIMIT) == first
    assert everything(kept) == [kept.path(SHA)]


def test_a_file_larger_than_a_chunk_is_kept_whole(kept: EvidenceFolder) -> None:
    content = PHOTO + os.urandom(2 * CHUNK)
    stored = kept.put(io.BytesIO(content), "a.jpg", LIMIT)
    assert stored.size == len(content)
    assert kept.path(stored.sha256).read_bytes() == content


@pytest.mark.parametrize("limit", [0, len(PHOTO) - 1])
def test_a_file_over_the_limit_leaves_nothing(kept: EvidenceFolder, limit: int) -> None:
    with pytest.raises(TooLarge):
        kept.put(io.BytesIO(PHOTO), "a.jpg", limit)
    assert everything(kept) == []


def test_a_file_of_just_the_limit_is_kept(kept: EvidenceFolder) -> None:
    assert kept.put(io.BytesIO(PHOTO), "a.jpg", len(PHOTO)).size == len(PHOTO)


def test_a_large_file_is_given_up_as_soon_as_it_is_too_large(kept: EvidenceFolder) -> None:
    stream = io.BytesIO(PHOTO + bytes(8 * CHUNK))
    with pytest.raises(TooLarge):
        kept.put(stream, "a.jpg", CHUNK)
    assert stream.tell() <= 2 * CHUNK


def test_a_file_of_no_accepted_type_leaves_nothing(kept: EvidenceFolder) -> None:
    with pytest.raises(Unrecognised):
        kept.put(io.BytesIO(b"<html><script>"), "photo.jpg", LIMIT)
    assert everything(kept) == []


def test_an_upload_that_breaks_off_leaves_nothing(kept: EvidenceFolder) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell():
                raise ConnectionResetError
            return super().read(10)

    with pytest.raises(StorageFailed):
        kept.put(Broken(PHOTO), "a.jpg", LIMIT)
    assert everything(kept) == []


def at_call(number: int) -> Callable[[int], bool]:
    return lambda call: call == number


def failing_fsync(fails: Callable[[int], bool], number: int = errno.EIO) -> Callable[[int], None]:
    """An fsync that reports an error at the calls chosen, counted from 1."""
    calls = iter(range(1, 1000))

    def fsync(handle: int) -> None:
        if fails(next(calls)):
            raise OSError(number, os.strerror(number))

    return fsync


@pytest.mark.parametrize("number", [errno.EIO, errno.ENOSPC])
def test_bytes_whose_write_is_not_confirmed_are_not_kept(
    kept: EvidenceFolder, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    monkeypatch.setattr(os, "fsync", failing_fsync(lambda call: call > 0, number))
    with pytest.raises(StorageFailed, match=os.strerror(number)):
        kept.put(io.BytesIO(PHOTO), "a.jpg", LIMIT)
    assert everything(kept) == []


@pytest.mark.parametrize("call", [1, 2, 3, 4])
def test_no_failed_sync_is_tried_again_or_answered_with_success(
    kept: EvidenceFolder, monkeypatch: pytest.MonkeyPatch, call: int
) -> None:
    calls = []

    def fails(number: int) -> bool:
        calls.append(number)
        return number == call

    monkeypatch.setattr(os, "fsync", failing_fsync(fails))
    with pytest.raises(StorageFailed):
        kept.put(io.BytesIO(PHOTO), "a.jpg", LIMIT)
    assert calls == list(range(1, call + 1)), "nothing is synced after a failure"
    assert not list((kept.root / "incoming").iterdir())


def test_a_folder_whose_sync_fails_holds_no_new_file(
    kept: EvidenceFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "fsync", failing_fsync(at_call(4)))
    with pytest.raises(StorageFailed):
        kept.put(io.BytesIO(PHOTO), "a.jpg", LIMIT)
    assert everything(kept) == []


def test_a_failure_never_harms_the_same_bytes_kept_before(
    kept: EvidenceFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.put(io.BytesIO(PHOTO), "a.jpg", LIMIT)
    for call in (1, 2):
        monkeypatch.setattr(os, "fsync", failing_fsync(at_call(call)))
        with pytest.raises(StorageFailed):
            kept.put(io.BytesIO(PHOTO), "b.jpg", LIMIT)
        assert kept.digest(SHA) == SHA


def test_after_a_failure_the_same_upload_can_be_kept(
    kept: EvidenceFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", failing_fsync(lambda call: call > 0))
        with pytest.raises(StorageFailed):
            kept.put(io.BytesIO(PHOTO), "a.jpg", LIMIT)
    assert kept.put(io.BytesIO(PHOTO), "a.jpg", LIMIT).sha256 == SHA


def test_bytes_are_synced_before_they_get_their_name_and_their_folder_after(
    kept: EvidenceFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[tuple[str, str]] = []
    fsync, rename = os.fsync, os.rename

    def recorded_fsync(handle: int) -> None:
        path = Path(f"/proc/self/fd/{handle}").readlink()
        calls.append(("fsync", str(path.relative_to(kept.root.resolve()))))
        if path.is_file():
            assert path.read_bytes() == PHOTO, "everything is written before the sync"
        fsync(handle)

    def recorded_rename(source: Any, target: Any) -> None:
        calls.append(("rename", str(Path(target).relative_to(kept.root))))
        rename(source, target)

    monkeypatch.setattr(os, "fsync", recorded_fsync)
    monkeypatch.setattr(os, "rename", recorded_rename)
    kept.put(io.BytesIO(PHOTO), "a.jpg", LIMIT)
    one, two = SHA[:2], f"{SHA[:2]}/{SHA[2:4]}"
    [(first, temporary), *others] = calls
    assert first == "fsync"
    assert temporary.startswith("incoming/")
    assert others == [("fsync", "."), ("fsync", one), ("rename", f"{two}/{SHA}"), ("fsync", two)]


def test_altered_and_missing_files_are_told_from_whole_ones(kept: EvidenceFolder) -> None:
    kept.put(io.BytesIO(PHOTO), "a.jpg", LIMIT)
    kept.path(SHA).chmod(0o600)
    kept.path(SHA).write_bytes(PHOTO + b"!")
    assert kept.digest(SHA) != SHA
    kept.path(SHA).unlink()
    assert kept.digest(SHA) is None
    assert kept.hashes() == set()


@pytest.mark.parametrize("wrong", ["", "../../etc/passwd", SHA.upper(), SHA[:-1], SHA + "\n", SHA[:-1] + "/"])
def test_a_path_is_made_of_a_hash_and_nothing_else(kept: EvidenceFolder, wrong: str) -> None:
    with pytest.raises(ValueError, match="SHA-256"):
        kept.path(wrong)


def test_an_address_may_hold_blanks_and_chinese(tmp_path: Path) -> None:
    folder = EvidenceFolder(f"file://{tmp_path}/%E4%BD%90%20%E8%AF%81")
    assert folder.root == tmp_path / "佐 证"


def part(kept: EvidenceFolder, content: bytes = PHOTO, name: str = "part") -> Path:
    path = kept.incoming / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("sha256", [None, SHA])
def test_a_complete_part_becomes_evidence_and_is_gone(kept: EvidenceFolder, sha256: str | None) -> None:
    stored = kept.take(part(kept), "a.jpg", LIMIT, sha256=sha256)
    assert (stored.sha256, stored.size, stored.type) == (SHA, len(PHOTO), filetypes.JPEG)
    assert everything(kept) == [kept.path(SHA)]
    assert stat.S_IMODE(kept.path(SHA).stat().st_mode) == 0o400


def test_a_part_whose_hash_is_known_is_not_read_again(
    kept: EvidenceFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_arguments: object) -> None:
        raise AssertionError("hashed twice")

    monkeypatch.setattr(hashlib, "file_digest", never)
    assert kept.take(part(kept), "a.jpg", LIMIT, sha256=SHA).sha256 == SHA


@pytest.mark.parametrize(
    ("content", "limit", "refusal"),
    [(PHOTO, len(PHOTO) - 1, TooLarge), (b"<html><script>", LIMIT, Unrecognised), (b"", LIMIT, Unrecognised)],
)
def test_a_refused_part_is_gone_too(
    kept: EvidenceFolder, content: bytes, limit: int, refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        kept.take(part(kept, content), "a.jpg", limit)
    assert everything(kept) == []


@pytest.mark.parametrize("call", [1, 2, 3, 4])
def test_a_part_whose_sync_fails_once_is_refused_and_gone(
    kept: EvidenceFolder, monkeypatch: pytest.MonkeyPatch, call: int
) -> None:
    """Whoever sends it again begins anew: what the kernel may have dropped is never confirmed later."""
    monkeypatch.setattr(os, "fsync", failing_fsync(at_call(call)))
    with pytest.raises(StorageFailed):
        kept.take(part(kept), "a.jpg", LIMIT)
    assert everything(kept) == []


@pytest.mark.parametrize(
    ("number", "full"), [(errno.ENOSPC, True), (errno.EDQUOT, True), (errno.EFBIG, True), (errno.EIO, False)]
)
def test_a_full_disk_is_told_from_a_failing_one(
    kept: EvidenceFolder, monkeypatch: pytest.MonkeyPatch, number: int, full: bool
) -> None:
    monkeypatch.setattr(os, "fsync", failing_fsync(at_call(1), number))
    with pytest.raises(StorageFailed) as refused:
        kept.put(io.BytesIO(PHOTO), "a.jpg", LIMIT)
    assert refused.value.full == full


def test_a_part_that_grew_for_days_is_young_once_it_is_taken(kept: EvidenceFolder) -> None:
    """Else the sweep would take it before its row is written."""
    old = part(kept)
    os.utime(old, (1, 1))
    kept.take(old, "a.jpg", LIMIT)
    assert kept.age(SHA) < 60
    assert kept.sweep([], 60) == 0


def test_kept_bytes_are_read_in_every_way(kept: EvidenceFolder) -> None:
    kept.put(io.BytesIO(PHOTO), "a.jpg", LIMIT)
    with kept.open(SHA) as file:
        file.seek(5)
        assert file.read() == PHOTO[5:]
    with kept.local(SHA) as path:
        assert path.read_bytes() == PHOTO
    assert kept.size(SHA) == len(PHOTO)
    assert kept.link(SHA, name="a.jpg", media_type="image/jpeg", inline=True, seconds=60) is None
    assert kept.hashes(SHA[:2]) == {SHA} and kept.hashes("00" if SHA[:2] != "00" else "01") == set()


def test_missing_bytes_are_told_in_every_way(kept: EvidenceFolder) -> None:
    assert kept.size(SHA) is None and kept.digest(SHA) is None
    with pytest.raises(FileNotFoundError):
        kept.open(SHA)
    with pytest.raises(FileNotFoundError), kept.local(SHA):
        raise AssertionError("there is none")


def test_previews_are_kept_opened_and_dropped_and_are_no_evidence(
    kept: EvidenceFolder, tmp_path: Path
) -> None:
    source = tmp_path / "made.webp"
    source.write_bytes(b"a picture")
    for name in ("thumb.webp", "page-1.webp"):
        kept.keep_preview(SHA, name, source)
    kept.keep_preview(SHA, "thumb.webp", source)
    with kept.open_preview(SHA, "thumb.webp") as file:
        assert file.read() == b"a picture"
    assert kept.hashes() == set()
    kept.drop_previews(SHA, ["thumb.webp", "never.webp"])
    with pytest.raises(FileNotFoundError):
        kept.open_preview(SHA, "thumb.webp")
    with kept.open_preview(SHA, "page-1.webp") as file:
        assert file.read()
    assert not list(kept.incoming.iterdir())


@pytest.mark.parametrize("name", ["../a", "A.webp", "", ".a", "a/b", "a" * 62, "a\n"])
def test_a_preview_is_never_named_like_a_path(kept: EvidenceFolder, tmp_path: Path, name: str) -> None:
    for act in (
        lambda: kept.keep_preview(SHA, name, tmp_path),
        lambda: kept.open_preview(SHA, name),
        lambda: kept.drop_previews(SHA, [name]),
    ):
        with pytest.raises(ValueError, match="preview"):
            act()


def test_the_sweep_takes_what_is_old_and_unknown_with_its_previews(
    kept: EvidenceFolder, tmp_path: Path
) -> None:
    other = picture("PNG")
    for content in (PHOTO, other):
        stored = kept.put(io.BytesIO(content), "a", LIMIT)
        kept.keep_preview(stored.sha256, "thumb.webp", kept.path(stored.sha256))
        os.utime(kept.path(stored.sha256), (1, 1))
    (kept.path(SHA).parent / "not-a-hash").touch()
    known = hashlib.sha256(other).hexdigest()
    assert kept.strays([known], 60) == {SHA}
    assert kept.sweep([known], 60, among=[known]) == 0
    assert kept.sweep([known], 60, among=[SHA, known]) == 1
    assert kept.hashes() == {known, "not-a-hash"}
    assert {path.parent.name for path in (kept.root / "previews").rglob("*.webp")} == {known}


def test_parts_that_nobody_adds_to_are_swept_away_unless_their_upload_is_under_way(
    kept: EvidenceFolder,
) -> None:
    for name in ("old", "growing", "growing.about", "old.about"):
        os.utime(part(kept, name=name), (1, 1))
    part(kept, name="young")
    assert kept.sweep_parts({"growing"}, 3600) == 2
    assert {path.name for path in kept.incoming.iterdir()} == {"growing", "growing.about", "young"}


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("现场照片.jpg", "现场照片.jpg"),
        ("现场照片", "现场照片.jpg"),
        ("宣传😀.jpg", "宣传😀.jpg"),
        ("evil.exe", "evil.exe.jpg"),
        ("C:\\Users\\某人\\桌面\\照片.jpg", "照片.jpg"),
        ("/etc/passwd", "passwd.jpg"),
        ("..\\..\\boot.ini", "boot.ini.jpg"),
        ("../../../a.jpg", "a.jpg"),
        ("\u202egpj.exe", "gpj.exe.jpg"),
        ("a\u2066b\u2069.jpg", "ab.jpg"),
        ("a\x00b.jpg", "ab.jpg"),
        ("a\r\nSet-Cookie: x.jpg", "aSet-Cookie_ x.jpg"),
        ("a\u2028b\u200b.jpg", "ab.jpg"),
        ("a\ud800b.jpg", "ab.jpg"),
        ('a<b>"c|d?e*f:g.jpg', "a_b__c_d_e_f_g.jpg"),
        ("e\u0301.jpg", "é.jpg"),
        ("  .照片. .jpg", "照片.jpg"),
        ("", "file.jpg"),
        ("...", "file.jpg"),
        ("/", "file.jpg"),
        (".jpg", "file.jpg"),
        ("\u202e\u200b", "file.jpg"),
    ],
)
def test_a_name_is_shown_without_path_or_tricks(raw: str, shown: str) -> None:
    assert shown_name(raw, ".jpg") == shown


def test_a_long_name_is_cut_between_characters() -> None:
    name = shown_name("字" * 300 + ".jpg", ".jpg")
    assert name.endswith("字.jpg")
    assert 190 <= len(name.encode()) <= 205
    assert shown_name("字" * 300, "").strip("字") == ""


def test_a_name_has_at_most_200_bytes_and_its_extension_once() -> None:
    assert shown_name("PHOTO.JPG", ".jpg") == "PHOTO.jpg"
    assert len(shown_name("字" * 300 + ".jpg", ".jpg").encode()) <= 200


@given(st.text(max_size=400))
def test_whatever_a_name_holds_it_is_one_safe_path_component(raw: str) -> None:
    name = shown_name(raw, ".jpg")
    assert name.endswith(".jpg")
    assert len(name.encode()) <= 205
    assert not set(name) & set('/\\<>:"|?*\0\n\r\t\u202e\u2066\u200b')
    assert not name.startswith((".", " "))


def test_a_windows_path_without_its_slashes_leaves_no_name_of_a_person() -> None:
    assert shown_name("C:Users王某现场.png", ".png") == "file.png"


def test_the_sweep_removes_what_nobody_knows_once_it_is_old(kept: EvidenceFolder) -> None:
    known = kept.put(io.BytesIO(picture("PNG")), "a.png", LIMIT).sha256
    lost = kept.put(io.BytesIO(picture("WEBP")), "b.webp", LIMIT).sha256
    assert kept.sweep({known}, older_than=600) == 0, "a file without a row is normal for minutes"
    assert kept.sweep({known}, older_than=-1) == 1
    assert kept.hashes() == {known}
    assert kept.put(io.BytesIO(picture("WEBP")), "b.webp", LIMIT).sha256 == lost, "it can come again"
