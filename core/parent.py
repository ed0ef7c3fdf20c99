"""No process outlives the one that started it, not even when that one is killed with -9.

Linux does it in the kernel: the child asks for a signal at its parent's death. Where that is missing, the
child (or this file, running as a small process between the two) looks every half second whether its parent
is still there.

The file is also a program, ``python parent.py PARENT SIGNAL COMMAND...``, so that any program, not only ours,
can be tied to its parent. It imports nothing of ours, for it runs before anything else.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence

POLL = 0.5
#: How long a program may take to end by itself before it is killed.
GRACE = 8.0
_PR_SET_PDEATHSIG = 1


def command(argv: Sequence[str], signum: signal.Signals = signal.SIGKILL) -> list[str]:
    """The command line that runs `argv` as a child which gets `signum` when this process dies."""
    return [sys.executable, "-I", "-S", __file__, str(os.getpid()), str(int(signum)), *argv]


def die_with(parent: int) -> None:
    """Called first thing after a fork: this process is killed when `parent`, its parent, dies."""
    if not _ask_kernel(signal.SIGKILL):
        threading.Thread(target=_kill_when_orphaned, args=(parent,), daemon=True).start()
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)


def _ask_kernel(signum: int) -> bool:
    """Whether the kernel promised to send `signum` at the parent's death; the promise survives an exec."""
    if not sys.platform.startswith("linux"):
        return False
    try:
        return bool(ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signum, 0, 0, 0) == 0)
    except (OSError, AttributeError):
        return False


def _kill_when_orphaned(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(POLL)
    os.kill(os.getpid(), signal.SIGKILL)


def _stand_between(parent: int, argv: Sequence[str]) -> int:
    """Run `argv`, pass it our signals, and end it when our parent is gone."""
    process = subprocess.Popen(argv)
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, lambda number, _frame: process.send_signal(number))
    while os.getppid() == parent:
        try:
            return process.wait(POLL)
        except subprocess.TimeoutExpired:
            continue
    process.terminate()
    try:
        return process.wait(GRACE)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def _program(parent: int, signum: int, argv: list[str]) -> int:
    """Become the command where the kernel watches over it, else watch over it ourselves."""
    if not _ask_kernel(signum):
        return _stand_between(parent, argv)
    if os.getppid() == parent:
        os.execv(argv[0], argv)  # noqa: S606 (no shell is wanted)
    # The parent died before we could ask.
    return 1


if __name__ == "__main__":
    sys.exit(_program(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]))
