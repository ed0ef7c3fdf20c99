"""检查移交包是否完整、未被改动。 / Check that a hand-over pack is whole and unchanged.

    python3 verify.py [PACK.zip | FOLDER] [--manifest SHA256]

Needs Python 3.8 or newer and nothing else; without a path it checks the folder in which it lies. It compares every
file with MANIFEST.json: changed, missing, added or repeated files are named. Whoever can change the files can change
the manifest too: compare its SHA-256, printed below, with the one that Dudao's audit record of the hand-over holds, or
give it with --manifest.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import sys
import zipfile
from typing import IO, Iterator

MANIFEST = "MANIFEST.json"
PIECE = 1024 * 1024


def digest(stream: IO[bytes]) -> tuple[str, int]:
    found, size = hashlib.sha256(), 0
    for piece in iter(lambda: stream.read(PIECE), b""):
        found.update(piece)
        size += len(piece)
    return found.hexdigest(), size


class Folder:
    def __init__(self, root: str) -> None:
        self.root = root

    def names(self) -> Iterator[str]:
        for folder, _folders, files in os.walk(self.root):
            for name in files:
                yield os.path.relpath(os.path.join(folder, name), self.root).replace(os.sep, "/")

    def open(self, name: str) -> IO[bytes]:
        return open(os.path.join(self.root, *name.split("/")), "rb")


class Zip:
    """All names in a pack lie in one folder, whose name is cut off."""

    def __init__(self, path: str) -> None:
        self.archive = zipfile.ZipFile(path)
        self.infos = [info for info in self.archive.infolist() if not info.is_dir()]
        self.by_name = {info.filename.partition("/")[2]: info for info in self.infos}

    def names(self) -> Iterator[str]:
        for info in self.infos:
            yield info.filename.partition("/")[2]

    def open(self, name: str) -> IO[bytes]:
        return self.archive.open(self.by_name[name])


def problems(pack: Folder | Zip, told: str) -> list[str]:
    """Sentences for all that is wrong; `told` is the manifest's hash as known from elsewhere, or empty."""
    names = list(pack.names())
    if MANIFEST not in names:
        return ["缺少 / missing: " + MANIFEST]
    with pack.open(MANIFEST) as stream:
        raw = stream.read()
    manifest, own = json.loads(raw.decode("utf-8")), hashlib.sha256(raw).hexdigest()
    print("SHA-256 of %s: %s" % (MANIFEST, own))
    found = []
    if told and told.lower() != own:
        found.append("清单与登记的不符 / the manifest is not the one recorded: " + own)
    listed = {entry["path"]: entry for entry in manifest["files"]}
    for name in sorted(set(names)):
        if names.count(name) > 1:
            found.append("重复 / repeated: " + name)
        if name not in listed and name != MANIFEST:
            found.append("多出 / added: " + name)
    for name, entry in listed.items():
        if name not in names:
            found.append("缺少 / missing: " + name)
            continue
        try:
            with pack.open(name) as stream:
                same = digest(stream) == (entry["sha256"], entry["size"])
        except (OSError, zipfile.BadZipFile):
            same = False
        if not same:
            found.append("已改动 / changed: " + name)
    print("%d 个文件 / files in the manifest" % len(listed))
    return found


def main(arguments: list[str]) -> int:
    told = ""
    if "--manifest" in arguments:
        at = arguments.index("--manifest")
        told = arguments[at + 1]
        del arguments[at : at + 2]
    where = arguments[0] if arguments else os.path.dirname(os.path.abspath(__file__))
    try:
        found = problems(Folder(where) if os.path.isdir(where) else Zip(where), told)
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        found = ["打不开 / cannot be read: %s (%s)" % (where, error)]
    for problem in found:
        print(problem)
    print("不通过 / NOT in order" if found else "完好 / in order")
    return 1 if found else 0


if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")
    sys.exit(main(sys.argv[1:]))
