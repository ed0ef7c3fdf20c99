"""The built package alone, in an empty environment and an empty folder, shows the demo."""

from __future__ import annotations

import http.client
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest

from tests.faults.test_supervisor import free_port

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ("core", "plugins", "templates", "migrations")
START_SECONDS = 90.0


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy so that the checkout stays clean."""
    source = tmp_path_factory.mktemp("source")
    for name in SOURCES:
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__", "*.mo"))
    for path in (*ROOT.glob("setup.*"), ROOT / "pyproject.toml", ROOT / "LICENSE", *ROOT.glob("README*")):
        shutil.copy(path, source)
    target = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(target), str(source)]
    subprocess.run(build, check=True, capture_output=True, timeout=120)
    (found,) = target.glob("dudao-*.whl")
    return found


@pytest.fixture
def command(wheel: Path, tmp_path: Path) -> Path:
    """`dudao` from the wheel in a new environment, with the locked packages of a running system only."""
    environment = tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(environment)], check=True, timeout=60)
    python = environment / "bin" / "python"
    install = ["-m", "pip", "--python", str(python), "install", "--no-deps", "--no-index", "--quiet"]
    subprocess.run([sys.executable, *install, str(wheel)], check=True, timeout=120, env=clean_environment())
    (packages,) = environment.glob("lib/python*/site-packages")
    lend_packages(packages)
    return environment / "bin" / "dudao"


def lend_packages(target: Path) -> None:
    """Link what requirements/runtime.txt names from the tests' environment, to save the time of installing."""
    lines = (ROOT / "requirements" / "runtime.txt").read_text().splitlines()
    for name in {line.partition("==")[0] for line in lines if "==" in line}:
        # A package for another system is not installed here.
        with suppress(PackageNotFoundError):
            package = distribution(name)
            for top in {file.parts[0] for file in package.files or ()} - {"..", "__pycache__"}:
                (target / top).symlink_to(str(package.locate_file(top)))


def test_everything_that_a_running_system_needs_is_in_the_wheel(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        packed = set(archive.namelist())
    for name in SOURCES:
        inside = name if name in ("core", "plugins") else f"core/{name}"
        for path in (ROOT / name).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts and path.suffix not in (".mo", ".pyc"):
                assert f"{inside}/{path.relative_to(ROOT / name).as_posix()}" in packed
    catalogues = [path for path in packed if path.endswith(".po")]
    assert all(path.removesuffix(".po") + ".mo" in packed for path in catalogues)
    assert not [path for path in packed if path.startswith("tests/")]


def test_the_demo_runs_from_the_wheel_in_an_empty_folder(command: Path, tmp_path: Path) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()
    port = free_port()
    log = tmp_path / "demo.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [str(command), "demo", "--port", str(port)],
            cwd=folder,
            env=clean_environment(),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        end = time.monotonic() + START_SECONDS
        while "http://" not in log.read_text():
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < end, log.read_text()
            time.sleep(0.1)
        status, page = fetch(port, "/login")
        assert status == 200
        assert "督导" in page
        stylesheets = re.findall(r'<link[^>]+href="(/[^"]+\.css[^"]*)"', page)
        assert stylesheets
        assert all(fetch(port, address)[0] == 200 for address in stylesheets)
        process.send_signal(signal.SIGINT)
        assert process.wait(15) == 0
    finally:
        process.kill()
        process.wait()
    assert [path.name for path in folder.iterdir()] == ["dudao-demo"]


def clean_environment() -> dict[str, str]:
    """Nothing that would lead to the checkout."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("DUDAO_", "PYTHON"))}


def fetch(port: int, path: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()
