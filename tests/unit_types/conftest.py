"""A site for the tests of plugins' pages."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit_types.world import World
from tests.web.conftest import opened


@pytest.fixture
def world(filled_folder: Path, tmp_path: Path) -> Iterator[World]:
    """The seeded world of a test's own, whose reports are made by hand."""
    with opened(filled_folder, tmp_path / "data") as site:
        yield World(site)
