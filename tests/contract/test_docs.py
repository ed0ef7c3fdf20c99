"""The documentation keeps its word: the plugin page's code runs, and nothing is left out or made up."""

from __future__ import annotations

import re
import sys
import types
from pathlib import Path

import pluggy
import pytest

import core.api
from core.api.hooks import PROJECT, Hooks
from core.app import create_app
from core.cli import main
from core.config import MAX_BODY, MAX_FILE
from core.domain.access import Everything
from core.domain.workflow import CLAIM_MINUTES
from core.extend.discover import Found
from core.extend.host import HOOKS, PluginHost
from core.services import agenda, campaigns, places, plugins, sessions, throttle
from core.services.places import NewUnit
from core.services.runtime import runtime
from core.store import migrations
from core.store.db import db
from core.store.queries import units
from core.store.scope import set_scope
from tests.conftest import NOW, settings_for

ROOT = Path(__file__).resolve().parents[2]
PLUGINS = (ROOT / "docs" / "plugins.md").read_text("utf-8")
OPERATIONS = (ROOT / "docs" / "operations.md").read_text("utf-8")
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]
BLOCKS = re.findall(r"^```python\n(.*?)^```$", PLUGINS, re.MULTILINE | re.DOTALL)
#: Set by the demo for its own parts, not by people.
INTERNAL = {"DUDAO_CLOCK_OFFSET", "DUDAO_DEMO"}


def _title(block: str) -> str:
    return re.sub(r"\W+", "-", block)[:30]


@pytest.mark.parametrize("block", BLOCKS, ids=_title)
def test_every_block_of_the_plugin_page_runs_and_its_plugins_are_accepted(
    block: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = types.ModuleType("dudao_plugin_of_the_docs")
    monkeypatch.setitem(sys.modules, module.__name__, module)

    def load() -> object:
        exec(compile(block, "docs/plugins.md", "exec"), vars(module))
        return module

    if "def dudao_plugin" not in block:
        load()
        return
    registry = PluginHost().load([Found("docs", "docs/plugins.md", load)])
    assert registry.quarantined == ()
    assert registry.plugins


def test_the_plugin_page_has_examples_of_every_name_of_the_door() -> None:
    code = "\n".join(BLOCKS)
    assert [name for name in core.api.__all__ if not re.search(rf"\b{name}\b", code)] == []


def test_examples_use_the_door_only() -> None:
    imported = re.findall(r"^(?:from|import) (\S+)", "\n".join(BLOCKS), re.MULTILINE)
    assert set(imported) == {"core.api", "click", "sqlalchemy.orm"}


def test_each_hook_has_its_heading_with_its_real_arguments_and_an_example() -> None:
    """The signature in the docs is the one that pluggy sees; no hook is left out, none made up."""
    headings = re.findall(r"^### (dudao_\w+\(.*\))$", PLUGINS, re.MULTILINE)
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(Hooks)
    specs = [getattr(manager.hook, name).spec for name in HOOKS]
    assert headings == [f"{spec.name}({', '.join(spec.argnames)})" for spec in specs]
    code = "\n".join(BLOCKS)
    assert [name for name in HOOKS if f"def {name}(" not in code] == []


def test_each_hook_is_called_by_a_test() -> None:
    """A hook that nobody tests is a promise that nobody checks."""
    tests = "\n".join(path.read_text("utf-8") for path in (ROOT / "tests").rglob("*.py"))
    example = "\n".join(path.read_text("utf-8") for path in (ROOT / "docs" / "examples").rglob("*.py"))
    assert [name for name in HOOKS if name not in tests and f"def {name}(" not in example] == []
    assert "EXAMPLE" in tests


def test_the_first_example_as_a_file_in_a_folder_gives_a_unit_its_duty(tmp_path: Path) -> None:
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "parcels.py").write_text(BLOCKS[0], "utf-8")
    app = create_app(settings_for(tmp_path / "data", DUDAO_PLUGINS_DIR=str(folder)))
    with app.app_context():
        set_scope(db.session, Everything("a test"))
        migrations.upgrade()
        plugins.enable_all(runtime().registry.plugins)
        places.import_regions()
        campaigns.publish(campaigns.read_notice())
        campaign = campaigns.current()
        assert campaign is not None
        company = NewUnit("parcels-1", "寄递企业", "parcels", "company", "410100")
        ids = places.add_units([company], campaign.calendar.span.starts)
        [unit] = units.several(db.session(), frozenset(ids.values()))
        now = [item.obligation for item in agenda.of_unit(campaign, unit, plugins.on()).soon]
        assert any(owed.duty.code == "PCL-01" and NOW.date() in owed.period.span for owed in now)
        db.session.remove()
        db.engine.dispose()


def test_the_operations_page_names_exactly_the_settings_that_exist() -> None:
    source = (ROOT / "core" / "config.py").read_text("utf-8")
    known = set(re.findall(r"\bDUDAO_[A-Z_]+\b", source)) - INTERNAL
    told = set(re.findall(r"\bDUDAO_[A-Z_]+\b", OPERATIONS))
    assert told == known


@pytest.mark.parametrize(
    ("page", "words"),
    [
        (OPERATIONS, f"client_max_body_size {MAX_BODY // 2**20}m;"),
        (
            OPERATIONS,
            f"{throttle.PER_ACCOUNT} attempts for an account and {throttle.PER_ADDRESS} from an address",
        ),
        (OPERATIONS, f"within {throttle.WINDOW.seconds // 60} minutes, {throttle.IN_ALL:,} in all"),
        (OPERATIONS, f"after {sessions.IDLE.seconds // 60} minutes without a request"),
        (OPERATIONS, f"after {sessions.LONGEST.seconds // 3600} hours in any case"),
        (OPERATIONS, f"lapses after {CLAIM_MINUTES} minutes"),
        (PLUGINS, f"each up to {MAX_FILE // 2**20} MB"),
    ],
)
def test_limits_are_told_as_they_are(page: str, words: str) -> None:
    assert words in page


@pytest.mark.parametrize("document", PAGES, ids=lambda document: document.name)
def test_links_between_pages_lead_somewhere(document: Path) -> None:
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", document.read_text("utf-8"))
    assert [target for target in targets if not (document.parent / target).exists()] == []


@pytest.mark.parametrize("document", PAGES, ids=lambda document: document.name)
def test_commands_that_pages_name_exist(document: Path) -> None:
    words = re.findall(r"`dudao ([a-z-]+)[^`]*`|^dudao ([a-z-]+)", document.read_text("utf-8"), re.MULTILINE)
    named = {first or second for first, second in words}
    assert named <= main.commands.keys()
