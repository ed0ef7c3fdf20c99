"""Giving foreign code a time budget: beside us in a thread, or apart in a process that can be ended."""

from __future__ import annotations

import contextvars
import ctypes
import json
import os
import resource
import select
import signal
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Generic, NoReturn, TypeVar

from core import parent
from core.domain.foreign import mark

T = TypeVar("T")
#: Largest answer of a call made apart, in bytes, and the memory that it may take beyond what is there.
MOST_ANSWER = 1024 * 1024
MEMORY = 512 * 1024 * 1024
#: So many calls of one owner may be left behind and still running; then the owner is not called any more.
MOST_LEFT = 4
#: Pause between two requests to stop, for code that swallows the first.
AGAIN = 0.2


class OutOfTime(Exception):
    """The code was not done within its budget."""


class Broken(Exception):
    """The code failed apart from us, or is not fit to be run; `detail` is its traceback."""

    def __init__(self, message: str, detail: str = "") -> None:
        super().__init__(message)
        self.detail = detail


class _Stop(BaseException):
    """Raised inside code that is out of time, so that a loop in it ends."""


def words(error: BaseException) -> str:
    """An exception in a line that every database takes, even where its own text cannot be had."""
    try:
        said = str(error)
    except Exception:  # noqa: BLE001 - the exception is foreign code too
        said = "(its text cannot be read)"
    kind = type(error).__name__
    return clean(said if isinstance(error, (Broken, OutOfTime)) else f"{kind}: {said}" if said else kind)[
        :500
    ]


def clean(text: str) -> str:
    """Without what a database refuses: zero bytes and halves of signs."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def trace(error: BaseException) -> str:
    """The end of an exception's traceback."""
    try:
        return clean("".join(traceback.format_exception(error)))[-8000:]
    except Exception:  # noqa: BLE001 - as above
        return ""


class _Run(Generic[T]):
    """One call in a thread of its own, in the caller's context."""

    def __init__(self, call: Callable[[], T]) -> None:
        self.answer: T
        self.error: BaseException | None = None
        self.done = threading.Event()
        self._call = call
        self._turn = threading.Lock()
        self._over = False
        context = contextvars.copy_context()
        self.thread = threading.Thread(target=context.run, args=(self._body,), daemon=True, name="plugin")

    def _body(self) -> None:
        with suppress(_Stop):  # it may come between the call's end and the note of it
            try:
                self._answer()
            finally:
                with self._turn:
                    self._over = True
                self.done.set()

    def _answer(self) -> None:
        try:
            mark(foreign=True)
            self.answer = self._call()
        except BaseException as error:  # noqa: BLE001 - whatever foreign code raises is told to the caller
            self.error = error

    @property
    def is_running(self) -> bool:
        return not self._over and self.thread.is_alive()

    def stop(self) -> None:
        """Ask the interpreter to raise in the thread at its next step; a wait for the system ends first.

        The lock makes sure that the thread is still this one: the system gives the number of one that has ended to
        another.
        """
        with self._turn:
            if self.is_running:
                number = ctypes.c_ulong(self.thread.ident or 0)
                ctypes.pythonapi.PyThreadState_SetAsyncExc(number, ctypes.py_object(_Stop))


class _Left:
    """Calls that were left behind, by owner; each is asked to stop again and again until it does."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._runs: list[tuple[str, _Run[Any]]] = []
        self._asking = False

    def add(self, owner: str, run: _Run[Any]) -> None:
        run.stop()
        with self._lock:
            self._runs.append((owner, run))
            begin, self._asking = not self._asking, True
        if begin:
            threading.Thread(target=self._ask, daemon=True, name="plugins left behind").start()

    def count(self, owner: str) -> int:
        with self._lock:
            return sum(run.is_running for name, run in self._runs if name == owner)

    def _ask(self) -> None:
        while True:
            time.sleep(AGAIN)
            with self._lock:
                self._runs = [(owner, run) for owner, run in self._runs if run.is_running]
                if not self._runs:
                    self._asking = False
                    return
                waiting = list(self._runs)
            for _owner, run in waiting:
                run.stop()


_left = _Left()


def _forget() -> None:
    """A forked process has none of its parent's threads, and perhaps a lock that one of them held."""
    global _left  # noqa: PLW0603 - one for each process
    _left = _Left()


os.register_at_fork(after_in_child=_forget)


def within(seconds: float, call: Callable[[], T], owner: str = "") -> T:
    """The call's answer, or OutOfTime. What it raises is raised here; SystemExit and the like become Broken.

    Code that is out of time is left behind: a loop is ended, a sleep ends by itself. So nothing that it holds may be
    used here afterwards; see `core.services.plugin_data`, which takes back what it lent. An owner of too many calls
    that do not end is refused.
    """
    if owner and _left.count(owner) >= MOST_LEFT:
        raise Broken(
            f"{MOST_LEFT} of its calls are out of time and still running: it is not called until they end"
        )
    run = _Run(call)
    run.thread.start()
    if not run.done.wait(seconds):
        _left.add(owner, run)
        raise OutOfTime(f"not done within {seconds:g} seconds")
    if run.error is None:
        return run.answer
    if isinstance(run.error, Exception):
        raise run.error
    raise Broken(words(run.error), trace(run.error))


def apart(seconds: float, call: Callable[[], Any]) -> Any:
    """The call's answer as JSON, made in a forked process that has no use of the database; or OutOfTime, Broken.

    It ends sleeps, loops, floods of memory and exits alike, with all the processes that the call began.
    """
    reader, writer = os.pipe()
    ours = os.getpid()
    with warnings.catch_warnings():
        # Python warns of forks beside threads, whose locks the child would wait for: it is ended when its time is up.
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
    if pid == 0:
        os.close(reader)
        _child(writer, seconds, call, ours)
    os.close(writer)
    with suppress(OSError):  # the child does it too, whoever comes first
        os.setpgid(pid, pid)
    try:
        told = _read(reader, time.monotonic() + seconds)
    except OutOfTime:
        raise OutOfTime(f"not done within {seconds:g} seconds") from None
    finally:
        os.close(reader)
        _kill(pid)
    if not told:
        raise Broken("the process that ran it ended without an answer")
    answer = json.loads(told)
    if "failed" in answer:
        raise Broken(answer["failed"], answer["detail"])
    return answer["answer"]


def _kill(pid: int) -> None:
    """End the child and its group, and leave no zombie."""
    for end in (os.killpg, os.kill):
        with suppress(ProcessLookupError, PermissionError):
            end(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def _child(writer: int, seconds: float, call: Callable[[], Any], ours: int) -> NoReturn:
    """Run the call and write what came of it as one line."""
    try:
        _limit(seconds, ours)
        data = _told(call).encode()
        if len(data) > MOST_ANSWER:
            data = json.dumps(
                {"failed": f"its answer is longer than {MOST_ANSWER} bytes", "detail": ""}
            ).encode()
        data += b"\n"
        while data:
            data = data[os.write(writer, data) :]
    finally:
        os._exit(0)


def _limit(seconds: float, ours: int) -> None:
    """A group of its own, the system's plain ways to end it, and limits; it never outlives us."""
    os.setpgid(0, 0)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGALRM):
        signal.signal(number, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, seconds + 1)
    parent.die_with(ours)
    resource.setrlimit(resource.RLIMIT_CPU, (int(seconds) + 1, int(seconds) + 2))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        # Address space beyond what the process has already; only Linux tells how much that is.
        with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 - a pseudo file
            pages = int(file.read().split()[0])
        most = pages * resource.getpagesize() + MEMORY
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _told(call: Callable[[], Any]) -> str:
    try:
        mark(foreign=True)
        return json.dumps({"answer": call()})
    except BaseException as error:  # noqa: BLE001 - whatever it raises is its answer
        return json.dumps({"failed": words(error), "detail": trace(error)})


def _read(reader: int, until: float) -> bytes:
    """One line, or what came until the end."""
    ready, told = select.poll(), b""
    ready.register(reader, select.POLLIN)
    while not told.endswith(b"\n"):
        if not ready.poll(max(0.0, until - time.monotonic()) * 1000):
            raise OutOfTime
        part = os.read(reader, 65536)
        if not part:
            return b""
        told += part
    return told
