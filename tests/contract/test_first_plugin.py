"""The tutorial keeps its word: who follows it step by step has a plugin that works, with green tests."""

from __future__ import annotations

import ast
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from core.app import create_app
from core.commands.plugins import plugin as group
from core.domain.access import Everything
from core.extend.discover import find
from core.extend.host import PluginHost
from core.services import seed
from core.services.seed import Size
from core.store import migrations
from core.store.db import db
from core.store.scope import set_scope
from tests.conftest import PASSWORD, Browser, settings_for, sign_in

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "first-plugin.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(python|jinja|po)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
#: One city, one county: enough for a unit of each kind.
TINY = Size(counties=1, a_county=1, middle=1, reporting_cities=1)


def by_name(source: str) -> dict[str, tuple[int, int]]:
    """Where each statement stands in a module: imports by their module, others by what they define."""
    found = {}
    for node in ast.parse(source).body:
        first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
        if isinstance(node, ast.ImportFrom):
            name = "." * node.level + (node.module or "")
        elif isinstance(node, ast.Assign):
            name = ast.unparse(node.targets[0])
        else:
            name = getattr(node, "name", "")
        found[name] = (first - 1, node.end_lineno or first)
    return found


def merged(old: str, new: str) -> str:
    """A module with the statements of a block in the place of its own, new ones at the end or before the imports."""
    for name, (first, last) in by_name(new).items():
        statement = new.splitlines()[first:last]
        lines, known = old.splitlines(), by_name(old)
        if name in known:
            lines[slice(*known[name])] = statement
        elif statement[0].startswith("from "):
            lines[2:2] = [*statement, ""]
        else:
            lines += ["", "", *statement]
        old = "\n".join(lines) + "\n"
    return old


def follow(folder: Path) -> Path:
    """The plugin as it is after the tutorial's last step."""
    command = re.search(r"^(dudao plugin new parcels --title.*?)\n```", PAGE, re.MULTILINE | re.DOTALL)
    assert command
    words = shlex.split(command[1].replace("\\\n", ""))[2:]
    made = CliRunner().invoke(group, [*words, "--into", str(folder)])
    assert made.exit_code == 0, made.output
    plugin = folder / "parcels"
    for language, block in BLOCKS:
        head, _, body = block.partition("\n")
        path = plugin / head.strip("{}# ")
        old = path.read_text("utf-8")
        if language == "python":
            old = merged(old, body)
        elif language == "jinja":
            old = body
        else:
            shown = re.search(r'#, python-format\nmsgid "已报.*?\n(?=\n)', old, re.DOTALL)
            assert shown
            old = old.replace(shown[0], body)
        path.write_text(old, "utf-8")
    return plugin


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return follow(tmp_path_factory.mktemp("tutorial"))


def run(folder: Path, *command: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(ROOT), "MYPYPATH": str(ROOT), "PATH": os.environ["PATH"]},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_each_block_names_the_file_that_it_changes(followed: Path) -> None:
    assert len(BLOCKS) == 7
    for _language, block in BLOCKS:
        body = block.partition("\n")[2].strip().splitlines()
        assert body[-1] in (followed / block.partition("\n")[0].strip("{}# ")).read_text("utf-8")


def test_the_plugin_is_accepted_and_answers_its_hooks(followed: Path) -> None:
    host = PluginHost()
    registry = host.load(find(followed))
    assert not registry.quarantined, registry.quarantined
    assert registry.installed["parcels"].answers == {"dudao_plugin", "dudao_pages", "dudao_check_report"}
    assert host.pages("parcels") is not None


def test_it_passes_the_linter(followed: Path) -> None:
    run(followed, "ruff", "check", "--no-cache", ".")
    run(followed, "ruff", "format", "--check", "--diff", "--no-cache", ".")


@pytest.mark.slow
def test_its_tests_pass_and_it_is_typed(followed: Path) -> None:
    assert "passed" in run(followed, "pytest", "-q", "-p", "no:cacheprovider")
    run(followed, "mypy", "--cache-dir", str(ROOT / ".mypy_cache"))


@pytest.fixture(scope="module")
def reporter(followed: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Signed in as the demo's reporter of the new unit type."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(seed.SIZES, "small", TINY)
        folder = tmp_path_factory.mktemp("demo") / "data"
        app = create_app(settings_for(folder, DUDAO_PLUGINS_DIR=str(followed)))
        with app.app_context():
            set_scope(db.session, Everything("a test"))
            migrations.upgrade()
            seed.everything(PASSWORD)
            db.session.remove()
        yield sign_in(app, "parcels-reporter")
        with app.app_context():
            db.engine.dispose()


@pytest.mark.slow
def test_the_demo_shows_the_duty_the_page_and_the_panel_in_both_languages(reporter: Browser) -> None:
    home = reporter.get("/u/parcels/").text
    assert "PCL-01" in home and "各期报送" in home
    assert re.search(r"累计报送.*已报 \d+ 份，随件发放宣传单 \d+ 份。", home, re.DOTALL)
    page = reporter.get("/u/parcels/periods").text
    assert "每期应报与已报" in page and "11月9日—11月15日" in page
    reporter.post("/language", {"locale": "en", "next": "/"})
    assert re.search(r"\d+ reports filed, \d+ leaflets in parcels\.", reporter.get("/u/parcels/").text)
    page = reporter.get("/u/parcels/periods").text
    assert "Owed and filed in each period" in page and not re.search("每期|应报", page)
