"""The kernel's filter, read step by step as the kernel does, for machines that are not here too."""

from __future__ import annotations

import os
import signal
import struct
from pathlib import Path

import pytest

from core.examine import sandbox

CALLS = {
    # read, write, mmap, futex, socket, execve, fork (x86_64 alone), ptrace, mount, bpf
    "x86_64": ((0, 1, 9, 202), (41, 59, 57, 101, 165, 321, 425, 0x40000001), (56, 62, 234, 302)),
    "aarch64": ((63, 64, 222, 98), (198, 221, 117, 40, 280, 425), (220, 129, 131, 261)),
}


def answer(program: bytes, arch: int, number: int, *arguments: int) -> int:
    """What a filter says of a call, as the kernel reads it."""
    shown = struct.pack("=IIQ6Q", number, arch, 0, *(arguments + (0,) * 6)[:6])
    held, at = 0, 0
    while True:
        code, yes, no, value = struct.unpack_from("=HBBI", program, at * 8)
        at += 1
        if code == 0x20:
            held = struct.unpack_from("=I", shown, value)[0]
        elif code == 0x06:
            return int(value)
        elif code == 0x05:
            at += value
        else:
            test = {0x15: held == value, 0x35: held >= value, 0x45: bool(held & value)}[code]
            at += yes if test else no


@pytest.mark.parametrize("machine", CALLS)
def test_the_filter_says_what_it_should_for_each_machine(machine: str) -> None:
    arch = sandbox._MACHINES[machine][0]
    made = sandbox.program(machine, 4711)
    allowed, denied, (clone, kill, tgkill, prlimit) = CALLS[machine]
    for number in allowed:
        assert answer(made, arch, number) == sandbox._ALLOW
    for number in denied:
        assert answer(made, arch, number) == sandbox._DENY
    assert answer(made, arch, 435) == sandbox._MISSING
    assert answer(made, arch, clone, 0x10F00) == sandbox._ALLOW
    assert answer(made, arch, clone, signal.SIGCHLD) == sandbox._DENY
    for number in (kill, tgkill):
        assert answer(made, arch, number, 4711) == sandbox._ALLOW
        assert answer(made, arch, number, 4712) == sandbox._DENY
    assert answer(made, arch, prlimit, 0, 7, 0) == sandbox._ALLOW
    assert answer(made, arch, prlimit, 0, 7, 0x7FFF_0000_1000) == sandbox._DENY
    assert answer(made, arch, prlimit, 0, 7, 0x1_0000_0000) == sandbox._DENY
    assert answer(made, 0x40000003, 11) == sandbox._KILL
    assert len(made) // 8 <= 4096


def test_elsewhere_python_itself_is_watched(tmp_path: Path) -> None:
    watch = sandbox._Watch(tmp_path)
    for event in ("socket.__new__", "subprocess.Popen", "os.exec", "os.fork", "os.system"):
        with pytest.raises(PermissionError):
            watch(event, ())
    with pytest.raises(PermissionError):
        watch("open", ("/etc/hosts", "w", os.O_WRONLY))
    watch("open", ("/etc/hosts", "r", os.O_RDONLY))
    watch("open", (str(tmp_path / "thumb.webp"), "wb", os.O_WRONLY | os.O_CREAT))
    watch("import", ("json",))
