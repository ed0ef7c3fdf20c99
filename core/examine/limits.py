"""How much the child may use: time, memory, files. Set after its imports, before it opens a stranger's file."""

from __future__ import annotations

import resource
import sys
from pathlib import Path

CPU_SECONDS = 10
WALL_SECONDS = 30
#: Beyond what the process has after its imports.
MEMORY = 512 * 1024 * 1024
#: One written file at most.
FILE_SIZE = 64 * 1024 * 1024
OPEN_FILES = 64


def close_in() -> None:
    """Set all limits. Each is hard: the process cannot raise it again."""
    _set(resource.RLIMIT_CORE, 0)
    _set(resource.RLIMIT_FSIZE, FILE_SIZE)
    _set(resource.RLIMIT_NOFILE, OPEN_FILES)
    used = resource.getrusage(resource.RUSAGE_SELF)
    _set(resource.RLIMIT_CPU, int(used.ru_utime + used.ru_stime) + CPU_SECONDS)
    size = _address_space()
    if size:
        _set(resource.RLIMIT_AS, size + MEMORY)


def _set(which: int, most: int) -> None:
    hard = resource.getrlimit(which)[1]
    if hard != resource.RLIM_INFINITY:
        most = min(most, hard)
    resource.setrlimit(which, (most, most))


def _address_space() -> int:
    """Bytes of address space in use; only Linux tells, elsewhere time and file sizes are limited alone."""
    if sys.platform != "linux":
        return 0
    return int(Path("/proc/self/statm").read_text("ascii").split()[0]) * resource.getpagesize()
