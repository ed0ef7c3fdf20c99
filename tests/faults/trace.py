"""The order of system calls, read from what strace wrote down."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

#: The calls that matter.
TRACED = "mkdir,fsync,fdatasync,rename,renameat,renameat2,link,linkat,send,sendto,sendmsg,write,writev"


@dataclass(frozen=True)
class Order:
    """Where in the trace each step of keeping one file stands. `parents` is the last sync that a new folder needs."""

    file: int
    rename: int
    folder: int
    parents: int
    commit: int
    answer: int

    def ok(self) -> bool:
        first = self.file < self.rename < self.folder < self.commit
        return first and self.parents < self.commit < self.answer


def orders(trace: Sequence[str], sha256: Sequence[str], status: int = 302) -> list[Order]:
    """The order of steps for each file: its own sync, rename, its folder's sync, then the next commit and answer."""
    found = []
    for digest in sha256:
        rename = next(n for n, line in enumerate(trace) if "rename" in line and digest in line)
        paths = re.findall(r'"([^"]+)"', trace[rename])
        folder = _above(paths[1])
        file = _last(trace, rename, rf"sync\(\d+<{re.escape(paths[0])}>")
        synced = _next(trace, rename, rf"sync\(\d+<{re.escape(folder)}>")
        made = (
            n for n in range(rename) if "mkdir(" in trace[n] and _path(trace[n]) in (folder, _above(folder))
        )
        parents = (_next(trace, n, rf"sync\(\d+<{re.escape(_above(_path(trace[n])))}>") for n in made)
        commit = _next(trace, synced, r"sync\(\d+<[^>]*dudao\.sqlite3-wal>")
        answer = _next(trace, rename, rf"send\w*\(.*HTTP/1\.1 {status}")
        found.append(Order(file, rename, synced, max(parents, default=0), commit, answer))
    return found


def _path(line: str) -> str:
    return line.split('"')[1]


def _above(path: str) -> str:
    return path.rsplit("/", 1)[0]


def _next(trace: Sequence[str], after: int, pattern: str) -> int:
    return next((n for n in range(after + 1, len(trace)) if re.search(pattern, trace[n])), len(trace))


def _last(trace: Sequence[str], before: int, pattern: str) -> int:
    return next((n for n in range(before - 1, -1, -1) if re.search(pattern, trace[n])), len(trace))
