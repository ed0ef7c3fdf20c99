"""What the child may not do: reach the network, start programs, touch other processes, write outside its folder.

On Linux (x86_64, aarch64) the kernel enforces it: a seccomp filter answers EPERM to the calls named below, and
Landlock, where the kernel has it (5.13 and later), leaves only the file to be read, the folder for pictures and the
libraries. Both hold for C code too and cannot be taken back. Elsewhere (macOS) an audit hook stops Python code from
the same; a decoder's own C code is held by the limits alone there.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from struct import pack

_NO_NEW_PRIVS, _SET_SECCOMP, _MODE_FILTER = 38, 22, 2
_ALLOW, _KILL = 0x7FFF0000, 0x80000000
_DENY = 0x00050000 | errno.EPERM
_MISSING = 0x00050000 | errno.ENOSYS
_CLONE_THREAD = 0x00010000
_X32 = 0x40000000

#: Calls that always answer EPERM, by machine: network, programs, other processes, mounts, modules, keys, tracing,
#: leaving the process group, links, rights of files, shared memory, raised limits.
_DENIED: dict[str, tuple[int, ...]] = {
    "x86_64": (
        *(41, 42, 43, 44, 45, 46, 47, 49, 50, 53, 288, 299, 307),  # socket … sendmmsg
        *(57, 58, 59, 322),  # fork, vfork, execve, execveat
        *(101, 310, 311, 312, 129, 297, 200),  # ptrace, process_vm_*, kcmp, sigqueue, tkill
        *(155, 161, 165, 166, 272, 308, 304),  # pivot_root, chroot, mount, umount, unshare, setns, handles
        *(175, 176, 313, 169, 135, 246, 320),  # modules, reboot, personality, kexec
        *(248, 249, 250, 298, 321, 323),  # keys, perf, bpf, userfaultfd
        *(109, 112, 160),  # setpgid, setsid, setrlimit
        *(86, 88, 133, 259, 265, 266),  # links, device nodes
        *(90, 91, 92, 93, 94, 260, 268, 188, 189, 190),  # rights, owners, attributes
        *(29, 30, 240),  # shared memory, message queues
    ),
    "aarch64": (
        *(198, 199, 200, 201, 202, 203, 206, 207, 211, 212, 242, 243, 269),
        *(221, 281),
        *(117, 270, 271, 272, 138, 240, 130),
        *(41, 51, 40, 39, 97, 268, 265),
        *(105, 106, 273, 142, 92, 104, 294),
        *(217, 218, 219, 241, 280, 282),
        *(154, 157, 164),
        *(33, 36, 37),
        *(52, 53, 54, 55, 5, 6, 7),
        *(194, 196, 180),
    ),
}
#: The same numbers on every machine: processes by handle, io_uring, the newer mounts, fchmodat2.
_DENIED_NEW = (424, 425, 426, 427, 428, 429, 430, 431, 432, 433, 434, 438, 442, 452)
_CLONE3 = 435
#: Machine's name in the kernel's audit, clone, kill, tgkill, prlimit64.
_MACHINES = {
    "x86_64": (0xC000003E, 56, 62, 234, 302),
    "aarch64": (0xC00000B7, 220, 129, 131, 261),
}

_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 444, 445, 446
_READ_FILE, _WRITE_FILE, _READ_DIR = 1 << 2, 1 << 1, 1 << 3
_REMOVE_FILE, _MAKE_FILE, _TRUNCATE = 1 << 5, 1 << 8, 1 << 14
#: Every right to a file system that the first version knows, and those that came with the second and third.
_FIRST, _SECOND, _THIRD = (1 << 13) - 1, 1 << 13, 1 << 14


def close(files: Sequence[Path], out: Path) -> None:
    """Shut the process in: from here on it may read `files`, write into `out` and compute."""
    if sys.platform != "linux" or platform.machine() not in _MACHINES:
        sys.addaudithook(_Watch(out))
        return
    library = ctypes.CDLL(None, use_errno=True)
    _call(library.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0))
    _shut_folders(library, files, out)
    _filter_calls(library, platform.machine())


def _call(answer: int) -> int:
    if answer < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"the sandbox could not be made: {os.strerror(number)}")
    return answer


# --- seccomp -----------------------------------------------------------------------------------------------------


class _Program:
    """A filter in the kernel's small language: each step is code, two jumps, value."""

    def __init__(self) -> None:
        self.steps: list[bytes] = []

    def load(self, offset: int) -> None:
        self.steps.append(pack("=HBBI", 0x20, 0, 0, offset))

    def answer(self, value: int) -> None:
        self.steps.append(pack("=HBBI", 0x06, 0, 0, value))

    def unless_equal(self, value: int, skip: int) -> None:
        """Pass over `skip` steps unless what was loaded is `value`."""
        self.steps.append(pack("=HBBI", 0x15, 0, skip, value))

    def if_above(self, value: int, answer: int) -> None:
        self.steps.append(pack("=HBBI", 0x35, 0, 1, value))
        self.answer(answer)

    def if_equal(self, value: int, answer: int) -> None:
        self.unless_equal(value, 1)
        self.answer(answer)

    def if_bits(self, bits: int, yes: int, no: int) -> None:
        self.steps.append(pack("=HBBI", 0x45, 0, 1, bits))
        self.answer(yes)
        self.answer(no)


#: Offsets in what the filter is shown: number, machine, low halves of the first and third argument.
_NUMBER, _ARCH, _FIRST_ARGUMENT, _THIRD_ARGUMENT = 0, 4, 16, 32


def program(machine: str, own: int) -> bytes:
    """The filter for a machine and a process: what is not denied is allowed."""
    arch, clone, kill, tgkill, prlimit = _MACHINES[machine]
    made = _Program()
    made.load(_ARCH)
    made.unless_equal(arch, 1)
    made.steps.append(pack("=HBBI", 0x05, 0, 0, 1))
    made.answer(_KILL)
    made.load(_NUMBER)
    made.if_above(_X32, _DENY)
    made.if_equal(_CLONE3, _MISSING)  # the library falls back to clone, whose flags can be seen
    made.unless_equal(clone, 4)
    made.load(_FIRST_ARGUMENT)
    made.if_bits(_CLONE_THREAD, _ALLOW, _DENY)
    for number in (kill, tgkill):  # to itself alone: abort() does it
        made.unless_equal(number, 4)
        made.load(_FIRST_ARGUMENT)
        made.if_equal(own, _ALLOW)
        made.answer(_DENY)
    made.unless_equal(prlimit, 6)  # reading a limit is harmless
    for half in (_THIRD_ARGUMENT, _THIRD_ARGUMENT + 4):
        made.load(half)
        made.unless_equal(0, 3 if half == _THIRD_ARGUMENT else 1)
    made.answer(_ALLOW)
    made.answer(_DENY)
    for number in (*_DENIED[machine], *_DENIED_NEW):
        made.if_equal(number, _DENY)
    made.answer(_ALLOW)
    return b"".join(made.steps)


class _Filter(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("steps", ctypes.c_void_p))


def _filter_calls(library: ctypes.CDLL, machine: str) -> None:
    steps = program(machine, os.getpid())
    held = ctypes.create_string_buffer(steps, len(steps))
    shown = _Filter(len(steps) // 8, ctypes.cast(held, ctypes.c_void_p).value)
    _call(library.prctl(_SET_SECCOMP, _MODE_FILTER, ctypes.byref(shown), 0, 0))


# --- Landlock ----------------------------------------------------------------------------------------------------


def _shut_folders(library: ctypes.CDLL, files: Sequence[Path], out: Path) -> None:
    """Only what is named can be opened from here on; a kernel without Landlock leaves it at the filter."""
    version = library.syscall(_LANDLOCK_CREATE, None, ctypes.c_size_t(0), 1)
    if version < 1:
        return
    held = _FIRST | (_SECOND if version >= 2 else 0) | (_THIRD if version >= 3 else 0)
    attribute = ctypes.c_uint64(held)
    ruleset = _call(library.syscall(_LANDLOCK_CREATE, ctypes.byref(attribute), ctypes.c_size_t(8), 0))
    try:
        for path in files:
            _allow(library, ruleset, path, _READ_FILE)
        for path in _libraries():
            _allow(library, ruleset, path, _READ_FILE | (_READ_DIR if path.is_dir() else 0))
        writing = _READ_FILE | _READ_DIR | _WRITE_FILE | _MAKE_FILE | _REMOVE_FILE | (_TRUNCATE & held)
        _allow(library, ruleset, out, writing)
        _call(library.syscall(_LANDLOCK_RESTRICT, ruleset, 0))
    finally:
        os.close(ruleset)


def _allow(library: ctypes.CDLL, ruleset: int, path: Path, rights: int) -> None:
    folder = os.open(path, os.O_PATH | os.O_CLOEXEC)  # type: ignore[attr-defined,unused-ignore]  # Linux alone
    try:
        rule = ctypes.create_string_buffer(pack("=Qi", rights, folder), 12)
        _call(library.syscall(_LANDLOCK_ADD, ruleset, 1, rule, 0))
    finally:
        os.close(folder)


def _libraries() -> Iterator[Path]:
    """Where modules, codecs and fonts are read from: never the folder that the program was started in."""
    ours = Path(__file__).resolve().parents[1]
    packages = (entry for entry in sys.path if entry.endswith(("-packages", "lib-dynload")))
    standard = Path(os.__file__).parent
    return _there((ours, standard, *packages, "/usr", "/lib", "/lib64", "/etc/fonts", "/etc/localtime"))


def _there(paths: Iterable[Path | str]) -> Iterator[Path]:
    return (Path(path) for path in paths if Path(path).exists())


# --- elsewhere ---------------------------------------------------------------------------------------------------

_FORBIDDEN = (
    "socket.",
    "subprocess.",
    "os.exec",
    "os.fork",
    "os.posix_spawn",
    "os.system",
    "os.kill",
    "os.chmod",
)


class _Watch:
    """An audit hook, for systems without seccomp: what Python itself is asked to do."""

    def __init__(self, out: Path) -> None:
        self._out = os.fspath(out.resolve()) + os.sep

    def __call__(self, event: str, details: tuple[object, ...]) -> None:
        if event.startswith(_FORBIDDEN):
            raise PermissionError(errno.EPERM, f"{event} is not allowed here")
        if event == "open" and self._writes(details) and not self._is_inside(details[0]):
            raise PermissionError(errno.EPERM, "writing is allowed in one folder only")

    @staticmethod
    def _writes(details: tuple[object, ...]) -> bool:
        flags = details[2] if len(details) > 2 else 0
        return isinstance(flags, int) and bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))

    def _is_inside(self, path: object) -> bool:
        return isinstance(path, (str, bytes)) and os.path.realpath(os.fsdecode(path)).startswith(self._out)
