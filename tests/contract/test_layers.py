"""The layers hold, and the check that says so bites."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.contract import imports

ROOT = Path(__file__).resolve().parents[2]


def test_no_import_of_the_product_crosses_a_layer() -> None:
    assert imports.broken(ROOT) == []


def test_the_check_reads_every_file_and_knows_every_layer() -> None:
    found = list(imports.imports(ROOT))
    layers = {imports.layer_of(item.by) for item in found if item.by.startswith("core.")}
    known = set(imports.OURS) | imports.ROOTS | {"core.config"}
    assert layers <= known, f"a new part of core without a rule: {layers - known}"
    assert {"core.domain", "core.web", "core.services"} <= layers
    assert sum(item.by.startswith("plugins.") for item in found) > 30


@pytest.mark.parametrize(
    ("path", "source", "why"),
    [
        ("core/domain/a.py", "import sqlalchemy", "does without that package"),
        ("core/domain/a.py", "from core.api import Duty", "must not know"),
        ("core/domain/a.py", "import core.store.db", "must not know"),
        ("core/domain/sub/a.py", "from ...store import db", "must not know"),
        ("core/api/a.py", "from core.services import people", "must not know"),
        ("core/api/a.py", "import sqlalchemy.orm", "does without that package"),
        ("core/web/a.py", "from core.extend.host import PluginHost", "must not know"),
        ("plugins/one/pages.py", "import click", "does without that package"),
        ("core/store/a.py", "from core.services.work import deed", "must not know"),
        ("core/extend/a.py", "from core.store.db import db", "must not know"),
        ("core/services/a.py", "from core.web.guard import actor", "must not know"),
        ("core/services/a.py", "from core.jobs import outbox", "must not know"),
        ("core/services/a.py", "from flask import g", "does without that package"),
        ("core/web/a.py", "from core.store.models import Report", "must not know"),
        ("core/web/a.py", "from core.app import create_app", "must not know"),
        ("core/web/a.py", "from core import app", "must not know"),
        ("core/jobs/a.py", "from core.web import guard", "must not know"),
        ("plugins/one/a.py", "from core.domain.text import Text", "must not know"),
        ("plugins/one/a.py", "from core.store.db import db", "must not know"),
        ("plugins/one/a.py", "import plugins.two", "must not know"),
        ("plugins/one/a.py", "from ..two import duties", "must not know"),
        ("plugins/one/a.py", "import flask", "does without that package"),
        ("plugins/one/pages.py", "import sqlalchemy", "does without that package"),
        ("core/web/a.py", "def late():\n    import json", "inside a function"),
        ("plugins/one/a.py", "async def late():\n    from core.api import Duty", "inside a function"),
    ],
)
def test_an_offending_import_is_found(tmp_path: Path, path: str, source: str, why: str) -> None:
    file = tmp_path / path
    file.parent.mkdir(parents=True)
    file.write_text(source, "utf-8")
    [sentence] = imports.broken(tmp_path)
    assert why in sentence and "a" in sentence


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("core/domain/a.py", "import json\nfrom core.domain.text import Text"),
        ("core/services/runtime.py", "from flask import current_app"),
        ("core/app.py", "from core.web import guard\nimport flask_wtf"),
        ("plugins/one/__init__.py", "from core.api import Duty\nfrom plugins.one.duties import ALL"),
        ("plugins/one/pages.py", "import flask"),
        ("plugins/one/models.py", "import sqlalchemy\nfrom core.api import OwnTables"),
        ("plugins/one/commands.py", "import click"),
    ],
)
def test_an_allowed_import_is_left_alone(tmp_path: Path, path: str, source: str) -> None:
    file = tmp_path / path
    file.parent.mkdir(parents=True)
    file.write_text(source, "utf-8")
    assert imports.broken(tmp_path) == []
