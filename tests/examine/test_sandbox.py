"""The child: what it cannot do, how much it cannot use, and that whatever becomes of it the caller is well."""

from __future__ import annotations

import errno
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core.domain.files import FileState
from core.examine import launch, limits, words
from tests.examine.made_pictures import png_of
from tests.examine.probe import ROOT, Probe, probe_in

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="seccomp and Landlock are Linux's")


@pytest.fixture
def probe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Probe:
    return probe_in(tmp_path, monkeypatch)


# --- what it cannot do ----------------------------------------------------------------------------------------------

FORBIDDEN = {
    "socket": "socket.socket()",
    "unix socket": "socket.socket(socket.AF_UNIX)",
    "pair of sockets": "socket.socketpair()",
    "look up a name": "socket.create_connection(('127.0.0.1', 1))",
    "exec": "os.execv('/bin/true', ['true'])",
    "subprocess": "subprocess.run(['/bin/true'])",
    "spawn": "os.posix_spawn('/bin/true', ['true'], {})",
    "fork": "os.fork()",
    "kill the parent": "os.kill(os.getppid(), 0)",
    "kill the group": "os.kill(0, 0)",
    "kill all": "os.kill(-1, 0)",
    "leave the group": "os.setpgid(0, 0)",
    "leave the session": "os.setsid()",
    "symlink": "(task.out / 'link').symlink_to('/etc/passwd')",
    "hard link": "os.link(task.path, task.out / 'link')",
    "pipe as a file": "os.mkfifo(task.out / 'pipe')",
    "rights": "os.chmod(task.path, 0o777)",
    "owner": "os.chown(task.path, 1, 1)",
    "read elsewhere": "open('/etc/passwd').read()",
    "read a secret": "open(secret).read()",
    "list elsewhere": "os.listdir('/root')",
    "write elsewhere": "open(secret, 'w')",
    "make a file elsewhere": "open('/tmp/examined', 'w')",
    "write the file itself": "open(task.path, 'w')",
    "remove the file itself": "os.unlink(task.path)",
    "make a folder": "os.mkdir(task.out / 'folder')",
    "higher limit": "resource.setrlimit(resource.RLIMIT_CPU, (1000, 1000))",
    "new program by another name": "check(-1 if ctypes.CDLL(None, use_errno=True).system(b'/bin/true') else 0)",
    "ptrace": "check(ctypes.CDLL(None, use_errno=True).ptrace(16, os.getppid(), 0, 0))",
    "mount": "check(ctypes.CDLL(None, use_errno=True).mount(b'none', b'/tmp', b'tmpfs', 0, None))",
    "namespace": "check(ctypes.CDLL(None, use_errno=True).unshare(0x10000000))",
    "io_uring": "check(ctypes.CDLL(None, use_errno=True).syscall(425, 1, None))",
    "handle of a process": "os.pidfd_open(os.getppid())",
    "memory of a process": "check(ctypes.CDLL(None, use_errno=True).process_vm_readv(os.getppid(), 0, 0, 0, 0, 0))",
}
CHECK = """
def check(answer):
    if answer < 0:
        raise OSError(ctypes.get_errno(), "refused")
"""


@LINUX
@pytest.mark.parametrize("deed", FORBIDDEN.values(), ids=FORBIDDEN.keys())
def test_the_child_may_compute_and_nothing_else(probe: Probe, tmp_path: Path, deed: str) -> None:
    secret = tmp_path / "secret"
    secret.write_text("the key")
    body = f"""
    try:
        {deed}
        facts["done"] = True
    except (OSError, ValueError) as error:
        facts["errno"] = getattr(error, "errno", None) or 1
    """
    found = probe(body, CHECK, secret=str(secret))
    assert found.facts == {"errno": found.facts.get("errno")}, found
    assert found.facts["errno"] in {errno.EPERM, errno.EACCES}
    assert secret.read_text() == "the key"


def test_the_child_may_read_its_file_write_its_pictures_and_use_threads(probe: Probe) -> None:
    found = probe(
        """
        facts["read"] = task.path.read_text()
        (task.out / "thumb.webp").write_bytes(b"RIFF")
        (task.out / "spare").write_bytes(b"")
        (task.out / "spare").unlink()
        thread = threading.Thread(target=lambda: facts.update(thread=True))
        thread.start()
        thread.join()
        import xml.dom.minidom
        """
    )
    assert found.state is FileState.READY
    assert found.facts == {"read": "a stranger's file", "thread": True}


def test_the_childs_environment_holds_no_secret(probe: Probe, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DUDAO_SECRET_KEY", "the key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "the key")
    found = probe("facts['names'] = sorted(os.environ)")
    assert set(found.facts["names"]) == set(launch._ENVIRONMENT)


def test_the_child_inherits_no_open_file(probe: Probe, tmp_path: Path) -> None:
    with (tmp_path / "secret").open("w") as held:
        os.set_inheritable(held.fileno(), True)
        body = """
        for number in range(3, 64):
            try:
                os.fstat(number)
                facts.setdefault("open", []).append(number)
            except OSError:
                pass
        """
        found = probe(body)
        # The one file is the way back to the caller.
        assert len(found.facts["open"]) == 1


@LINUX
def test_no_decoder_of_pictures_that_nobody_asked_for_is_there(probe: Probe) -> None:
    body = """
    from core.examine import pictures
    from core.examine.answers import Task
    pictures.examine(Task(task.path, "a.jpg", "image/jpeg", task.out))
    facts["loaded"] = [name for name in sys.modules if name.startswith("PIL.") and name.endswith("Plugin")]
    """
    found = probe(body, "from core.examine import pictures")
    assert not {f"PIL.{name}ImagePlugin" for name in ("Eps", "Fits", "Psd", "Mic")} & set(
        found.facts["loaded"]
    )


# --- how much it cannot use -----------------------------------------------------------------------------------------


@LINUX
def test_memory_has_an_end(probe: Probe) -> None:
    found = probe("facts['held'] = len(bytearray(600 << 20))")
    assert (found.state, found.said) == (FileState.REFUSED, (words.TOO_LARGE,))
    assert probe("facts['held'] = len(bytearray(300 << 20))").state is FileState.READY


def test_time_of_the_processor_has_an_end(probe: Probe) -> None:
    begin = time.monotonic()
    found = probe("while True: pass", "limits.CPU_SECONDS = 1")
    assert (found.state, found.said) == (FileState.REFUSED, (words.TOO_SLOW,))
    assert time.monotonic() - begin < 20


def test_waiting_has_an_end(probe: Probe, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "WALL_SECONDS", 2)
    begin = time.monotonic()
    found = probe("time.sleep(1000)")
    assert (found.state, found.said) == (FileState.REFUSED, (words.TOO_SLOW,))
    assert time.monotonic() - begin < 10


@LINUX
def test_a_machine_too_busy_says_nothing_about_the_file(
    probe: Probe, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A child that is still computing when the time is up was kept from it: its limit of the processor is lower."""
    monkeypatch.setattr(limits, "WALL_SECONDS", 2)
    with pytest.raises(launch.Failed, match="too busy"):
        probe("while True: pass", "limits.CPU_SECONDS = 60")


def test_files_have_an_end(probe: Probe, tmp_path: Path) -> None:
    body = """
    with (task.out / "thumb.webp").open("wb") as file:
        while True:
            file.write(bytes(1 << 20))
    """
    assert probe(body, "limits.FILE_SIZE = 3 << 20").state is FileState.REFUSED
    assert (tmp_path / "out" / "thumb.webp").stat().st_size <= 3 << 20


def test_open_files_have_an_end(probe: Probe) -> None:
    body = "files = [open(task.path) for _ in range(1000)]"
    assert probe(body).state is FileState.REFUSED


# --- what becomes of it ---------------------------------------------------------------------------------------------

ENDS = {
    "killed": "os.kill(os.getpid(), signal.SIGKILL)",
    "a fault of memory": "ctypes.string_at(0)",
    "aborted": "os.abort()",
    "left": "os._exit(0)",
    "left with an error": "os._exit(3)",
    "an exception": "raise ValueError('noise')",
    "an exit": "raise KeyError",
    "recursion": "look(task, facts)",
    "an answer that is none": "return 5",
    "no JSON": "facts['x'] = object()",
    "a state that is none": "return Examined('splendid')",
    "an answer without end": "facts['x'] = 'x' * (2 << 20)",
    "lines of its own": "os.write(3, b'nonsense\\n')",
    "a preview that is not there": "return Examined(FileState.READY, previews=(Preview('thumb.webp', 1, 1),))",
    "a preview elsewhere": "return Examined(FileState.READY, previews=(Preview('../file', 1, 1),))",
    "a length that is none": "return Examined(FileState.READY, facts={'seconds': 'long'})",
    "a moment that is none": "return Examined(FileState.READY, facts={'taken': 'yesterday'})",
    "a place off the globe": "return Examined(FileState.READY, facts={'gps': [100, 1]})",
    "a place that is no number": "return Examined(FileState.READY, facts={'gps': [float('nan'), 1]})",
    "a table that is none": "return Examined(FileState.READY, facts={'rows': [1, 2]})",
    "a hash that is none": "return Examined(FileState.READY, hashes={'full': 'xyz'})",
    "facts that are none": "return Examined(FileState.READY, facts=[1])",
    "a preview by its whole path": "return Examined(FileState.READY, previews=(Preview('/etc/passwd', 1, 1),))",
}


@pytest.mark.parametrize("deed", ENDS.values(), ids=ENDS.keys())
def test_a_child_that_ends_badly_refuses_its_file_with_a_sentence(probe: Probe, deed: str) -> None:
    found = probe(deed)
    assert found.state is FileState.REFUSED
    assert found.said
    assert not found.previews


def test_a_link_among_the_previews_is_not_followed(probe: Probe, tmp_path: Path) -> None:
    (tmp_path / "out" / "thumb.webp").symlink_to("/etc/passwd")
    found = probe("return Examined(FileState.READY, previews=(Preview('thumb.webp', 1, 1),))")
    assert found.state is FileState.REFUSED


def test_what_no_database_takes_is_left_out(probe: Probe) -> None:
    found = probe("facts['text'] = 'a\\0b\\ud800c'; facts['rows'] = [['\\0x']]")
    assert found.facts == {"text": "ab?c", "rows": [["x"]]}


def test_a_child_that_cannot_begin_says_nothing_about_the_file(probe: Probe) -> None:
    with pytest.raises(launch.Failed, match="no such library"):
        probe("pass", "limits.close_in = lambda: (_ for _ in ()).throw(ImportError('no such library'))")
    with pytest.raises(launch.Failed):
        probe("pass", "os._exit(1)")


def test_a_missing_interpreter_says_nothing_about_the_file(
    probe: Probe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    with pytest.raises(launch.Failed, match="could not be started"):
        probe("pass")


def test_nothing_is_left_of_a_child(probe: Probe, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "WALL_SECONDS", 2)
    started: list[subprocess.Popen[bytes]] = []
    start = launch._start

    def seen() -> subprocess.Popen[bytes]:
        started.append(start())
        return started[-1]

    monkeypatch.setattr(launch, "_start", seen)
    for deed in ("pass", "time.sleep(1000)", "os._exit(1)"):
        probe(deed)
    for child in started:
        assert child.returncode is not None
        with pytest.raises(ProcessLookupError):
            os.killpg(child.pid, 0)


@LINUX
def test_a_child_does_not_outlive_its_parent(tmp_path: Path) -> None:
    program = tmp_path / "parent.py"
    program.write_text(
        f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from pathlib import Path
import pytest
from core.examine import launch
from tests.examine.probe import probe_in
start = launch._start
def told():
    child = start()
    print(child.pid, flush=True)
    return child
launch._start = told
probe_in(Path({str(tmp_path)!r}), pytest.MonkeyPatch())("time.sleep(1000)")
"""
    )
    parent = subprocess.Popen([sys.executable, str(program)], stdout=subprocess.PIPE)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    time.sleep(1)
    assert _is_alive(pid)
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    until = time.monotonic() + 5
    while _is_alive(pid) and time.monotonic() < until:
        time.sleep(0.05)
    assert not _is_alive(pid)


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


@LINUX
def test_the_callers_memory_does_not_grow(tmp_path: Path) -> None:
    """Bombs and many children cost the caller nothing: it never opens the file."""
    file = tmp_path / "bomb.png"
    file.write_bytes(png_of(11_900, 10_000, colour=6))
    launch.examine(file, "a.png", "image/png", _folder(tmp_path, 0))
    before = _resident()
    for number in range(1, 4):
        assert (
            launch.examine(file, "a.png", "image/png", _folder(tmp_path, number)).state is FileState.REFUSED
        )
    assert _resident() - before < 8 << 20


def _folder(folder: Path, number: int) -> Path:
    made = folder / str(number)
    made.mkdir()
    return made


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
