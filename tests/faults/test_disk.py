"""A disk that is full or does not confirm a write: refused in plain words, and nothing acknowledged is lost (K3)."""

from __future__ import annotations

import io
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from werkzeug.datastructures import FileStorage

from core.app import create_app
from core.config import Settings
from core.domain.access import Everything
from core.services import fsck
from core.store.db import db
from core.store.evidence import EvidenceFolder, StorageFailed
from core.store.scope import set_scope
from tests.conftest import settings_for
from tests.faults.load import PLACE, Submission, form, free_port, picture, serving
from tests.faults.parts import ROOT
from tests.faults.visitor import Visitor
from tests.unit.files import picture as small

pytestmark = pytest.mark.slow

LIMIT = 10**9


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of four megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "none", str(folder)], capture_output=True, check=False
    )
    if made.returncode:
        pytest.skip("nothing may be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk_keeps_what_it_has_and_takes_more_once_there_is_room(disk: Path) -> None:
    store = EvidenceFolder((disk / "evidence").as_uri())
    kept: list[str] = []
    with pytest.raises(StorageFailed) as refused:
        for number in range(100):
            content = small("JPEG") + number.to_bytes(4, "big") + os.urandom(300_000)
            kept.append(store.put(io.BytesIO(content), "a.jpg", LIMIT).sha256)
    assert refused.value.full and len(kept) > 5
    assert not list(store.incoming.iterdir()), "what did not fit is gone"
    assert all(store.digest(sha256) == sha256 for sha256 in kept)
    assert store.hashes() == set(kept)
    subprocess.run(["mount", "-o", "remount,size=16m", str(disk)], check=True)
    assert store.put(io.BytesIO(content), "a.jpg", LIMIT).sha256 not in kept


LIMITED = """
import io, resource, sys
from core.store.evidence import EvidenceFolder, StorageFailed
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
store = EvidenceFolder(sys.argv[1])
try:
    store.put(io.BytesIO(b"%PDF-1.7" + bytes(200_000)), "a.pdf", 10**9)
except StorageFailed as failed:
    print("full" if failed.full else "failed", len(list(store.incoming.iterdir())), len(store.hashes()))
"""


def test_a_limit_on_the_size_of_files_is_no_reason_to_keep_half_of_one(tmp_path: Path) -> None:
    command = [sys.executable, "-c", LIMITED, (tmp_path / "evidence").as_uri()]
    said = subprocess.run(
        command, capture_output=True, check=True, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}
    )
    assert said.stdout.split() == [b"full", b"0", b"0"]
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY, "here nothing is limited"


def refused(visitor: Visitor, wish: Submission) -> bool:
    """Hand in once; whether it was refused because of its file. Anything else but an acknowledgement is a fault."""
    wish.tries += 1
    upload = FileStorage(io.BytesIO(wish.content), f"{wish.key}.jpg", content_type="image/jpeg")
    status, body, where = visitor.post(PLACE, form(wish.key), [upload])
    if "保存失败".encode() in body:
        return True
    assert status == 302 and "/login" not in where, f"{wish.key}: {status} {where} {body[:300]!r}"
    wish.acknowledged = True
    return False


def assert_kept(settings: Settings, wishes: list[Submission]) -> None:
    app = create_app(settings)
    with app.app_context():
        set_scope(db.session, Everything("a test"))
        store = app.extensions["dudao"].evidence
        for wish in wishes:
            assert not wish.acknowledged or store.digest(wish.sha256) == wish.sha256
        found = fsck.check()
        assert not found.rows_without_file and not found.wrong_hashes
        assert not list(store.incoming.iterdir())
        db.session.remove()
        db.engine.dispose()


def test_a_server_on_a_full_disk_says_so_and_loses_nothing(data_folder: Path, disk: Path) -> None:
    shutil.copytree(data_folder / "evidence", disk / "evidence")
    (disk / "others").write_bytes(bytes(shutil.disk_usage(disk).free - 1_000_000))
    settings = settings_for(data_folder, DUDAO_EVIDENCE_URL=(disk / "evidence").as_uri())
    wishes = [Submission(f"full {number}", picture(500 + number)) for number in range(20)]
    port = free_port()
    with serving(settings, port):
        visitor = Visitor(port)
        visitor.sign_in("carriers-reporter")
        answers = [refused(visitor, wish) for wish in wishes]
    assert any(answers) and not all(answers)
    assert_kept(settings, wishes)


LIBRARY = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int calls;

int fsync(int handle) {
    static int (*real)(int);
    char link[64], path[4096];
    ssize_t length;
    if (!real) real = (int (*)(int)) dlsym(RTLD_NEXT, "fsync");
    snprintf(link, sizeof link, "/proc/self/fd/%d", handle);
    length = readlink(link, path, sizeof path - 1);
    path[length < 0 ? 0 : length] = 0;
    if (strstr(path, getenv("FAIL_BELOW"))
            && __sync_add_and_fetch(&calls, 1) * 2654435761u % 997 < 10 * atoi(getenv("FAIL_PERCENT"))) {
        errno = EIO;
        return -1;
    }
    return real(handle);
}
"""


@pytest.mark.soak
@pytest.mark.parametrize("percent", [5, 15, 30])
def test_a_server_whose_disk_does_not_confirm_writes_acknowledges_none_of_them(
    data_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, percent: int
) -> None:
    if shutil.which("gcc") is None:
        pytest.skip("there is no compiler")
    source, library = tmp_path / "failing.c", tmp_path / "failing.so"
    source.write_text(LIBRARY, "ascii")
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", str(library), str(source), "-ldl"], check=True)
    settings = settings_for(data_folder)
    wishes = [Submission(f"unsure {number}", picture(600 + number)) for number in range(30)]
    port = free_port()
    with monkeypatch.context() as patched:
        for name, value in {
            "LD_PRELOAD": str(library),
            "FAIL_BELOW": str(data_folder / "evidence"),
            "FAIL_PERCENT": str(percent),
        }.items():
            patched.setenv(name, value)
        with serving(settings, port):
            visitor = Visitor(port)
            visitor.sign_in("carriers-reporter")
            answers = [refused(visitor, wish) for wish in wishes]
    assert any(answers) and not all(answers)
    assert_kept(settings, wishes)
