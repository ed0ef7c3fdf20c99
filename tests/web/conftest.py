"""Sites to visit: one for each test that changes things, one for a file whose tests leave it as it was."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from jinja2.bccache import Bucket, BytecodeCache

from core.app import create_app
from core.store.db import db
from tests.conftest import settings_for
from tests.web.site import Site


class Compiled(BytecodeCache):
    """Templates compiled once for all sites of a run: compiling takes longer than most tests."""

    def __init__(self) -> None:
        self.known: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key + bucket.checksum in self.known:
            bucket.bytecode_from_string(self.known[bucket.key + bucket.checksum])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.known[bucket.key + bucket.checksum] = bucket.bytecode_to_string()


TEMPLATES = Compiled()


@contextmanager
def opened(filled_folder: Path, folder: Path, **settings: Any) -> Iterator[Site]:
    shutil.copytree(filled_folder, folder)
    app = create_app(settings_for(folder, **settings))
    app.jinja_env.bytecode_cache = TEMPLATES
    yield Site(app)
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def site(filled_folder: Path, tmp_path: Path) -> Iterator[Site]:
    """A site of the test's own."""
    with opened(filled_folder, tmp_path / "data") as made:
        yield made


@pytest.fixture(scope="module")
def shared_site(filled_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site for all tests of a file: they must leave it as they found it."""
    with opened(filled_folder, tmp_path_factory.mktemp("shared") / "data") as made:
        yield made


@pytest.fixture
def make_site(filled_folder: Path, tmp_path: Path) -> Iterator[Callable[..., Site]]:
    """A site of the test's own with other settings."""
    with ExitStack() as stack:

        def make(**settings: Any) -> Site:
            return stack.enter_context(opened(filled_folder, tmp_path / "other", **settings))

        yield make
