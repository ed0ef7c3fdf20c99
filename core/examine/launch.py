"""Looking into strangers' files: each in a child process of its own, which is limited, shut in and ended.

Nothing here opens a file or imports a decoder. A child that dies, hangs or is killed refuses its file with a sentence;
`Failed` is raised only where no child could be run at all.
"""

from __future__ import annotations

import json
import logging
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from core.domain.files import Box, Examined, FileState
from core.domain.text import Text
from core.examine import believe, limits, words
from core.examine.answers import Likeness

log = logging.getLogger(__name__)
#: The longest answer, in bytes.
MOST_ANSWER = 1024 * 1024
_PROGRAM = str(Path(__file__).with_name("__main__.py"))
#: All that the child's environment holds: no secrets, no path to programs; one arena, as each takes address space.
_ENVIRONMENT = {
    "LANG": "C.UTF-8",
    "LC_ALL": "C.UTF-8",
    "TZ": "UTC",
    "MALLOC_ARENA_MAX": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
}


class Failed(Exception):
    """The child could not be run at all: nothing is said about the file, and it may be tried again."""


class _Ended(Exception):
    """The child gave no answer; `said` is the sentence for the person who sent the file."""

    def __init__(self, said: Text) -> None:
        super().__init__(said.en)
        self.said = said


def examine(path: Path, name: str, media_type: str, out: Path) -> Examined:
    """What a file holds. Previews are written into `out`, an empty folder of the caller's."""
    return _examined([path], out, {"do": "examine", "name": name, "media_type": media_type})


def mask(path: Path, media_type: str, boxes: Sequence[Box], out: Path, prefix: str) -> Examined:
    """Copies of a picture with the boxes hidden, in the fixed sizes: only `previews` is filled."""
    hidden = [box.to_json() for box in boxes]
    return _examined([path], out, {"do": "mask", "media_type": media_type, "boxes": hidden, "prefix": prefix})


def compare(first: Path, second: Path, out: Path) -> Likeness:
    """How alike two pictures are; where they cannot be compared they are told to be different."""
    try:
        answer = _ask([first, second], out, {"do": "compare"})
        return Likeness.from_json(believe.clean(answer))
    except (_Ended, AttributeError, KeyError, TypeError, ValueError):
        return Likeness("other", 0.0)


def _examined(files: Sequence[Path], out: Path, task: dict[str, Any]) -> Examined:
    try:
        return believe.examined(_ask(files, out, task), out)
    except _Ended as ended:
        return Examined(FileState.REFUSED, (ended.said,))
    except (AttributeError, KeyError, TypeError, ValueError):
        log.warning("a child's answer was not what it should be")
        return Examined(FileState.REFUSED, (words.BROKE_OFF,))


def _ask(files: Sequence[Path], out: Path, task: dict[str, Any]) -> Any:
    """Run one child and read its answer; it and all that it began are gone afterwards."""
    task = {
        **task,
        "parent": os.getpid(),
        "files": [str(path.resolve()) for path in files],
        "out": str(out.resolve()),
    }
    child = _start()
    try:
        assert child.stdin is not None
        with suppress(BrokenPipeError):  # it ended at once: that is told by its missing answer
            child.stdin.write(json.dumps(task).encode() + b"\n")
            child.stdin.close()
        return _answer(child)
    finally:
        _end(child)


def _start() -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            [sys.executable, "-P", "-X", "utf8", _PROGRAM],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_ENVIRONMENT,
            cwd="/",
            start_new_session=True,
            bufsize=0,
        )
    except OSError as error:
        raise Failed(f"the process that examines files could not be started: {error}") from error


def _answer(child: subprocess.Popen[bytes]) -> Any:
    lines = _Lines(child)
    try:
        ready = json.loads(lines.next(limits.WALL_SECONDS) or b'{"failed": "it ended without a word"}')
    except TimeoutError:
        raise Failed("the process that examines files did not start in time") from None
    if ready != "ready":
        raise Failed(f"the process that examines files did not start: {ready['failed']}")
    try:
        told = lines.next(limits.WALL_SECONDS)
    except TimeoutError:
        if _wants_to_run(child.pid):
            raise Failed("the machine is too busy: the process that examines files had no time") from None
        raise _Ended(words.TOO_SLOW) from None
    if told is None:
        raise _Ended(_why(child))
    try:
        answer = json.loads(told)
        if "detail" in answer:
            log.info("a file was not opened: %s", str(answer["detail"])[:400])
        return answer["answer"]
    except (ValueError, TypeError, KeyError, RecursionError):
        raise _Ended(words.BROKE_OFF) from None


def _wants_to_run(pid: int) -> bool:
    """Whether a child is still at work after all that time: then it had too little of the processor or the disk.

    One that had its share would have met its limit long before; that is no fault of the file, and may be tried again.
    """
    try:
        state = Path(f"/proc/{pid}/stat").read_text("ascii", "replace").rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return False
    return state in {"R", "D"}


def _why(child: subprocess.Popen[bytes]) -> Text:
    """A sentence for a child that ended without an answer."""
    try:
        code = child.wait(1)
    except subprocess.TimeoutExpired:
        return words.BROKE_OFF
    # Both limits of the processor's time are the same: the system may send either signal.
    return words.TOO_SLOW if code in {-signal.SIGXCPU, -signal.SIGKILL} else words.BROKE_OFF


class _Lines:
    """Lines from a child, each awaited for so long and no longer."""

    def __init__(self, child: subprocess.Popen[bytes]) -> None:
        assert child.stdout is not None
        self._stream = child.stdout.fileno()
        self._ready = select.poll()
        self._ready.register(self._stream, select.POLLIN)
        self._held = b""

    def next(self, seconds: float) -> bytes | None:
        """The next line, None where the child ended or says too much; TimeoutError where it is silent."""
        until = time.monotonic() + seconds
        while b"\n" not in self._held:
            if not self._ready.poll(max(0.0, until - time.monotonic()) * 1000):
                raise TimeoutError
            part = os.read(self._stream, 65536)
            self._held += part
            if not part or len(self._held) > MOST_ANSWER:
                return None
        line, _, self._held = self._held.partition(b"\n")
        return line


def _end(child: subprocess.Popen[bytes]) -> None:
    """Kill the child with its group, and leave no zombie."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    for stream in (child.stdin, child.stdout):
        if stream is not None:
            stream.close()
