"""An installation with a Redis of its own, for tests that break one or the other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.app import create_app
from core.domain.access import Everything
from core.store.db import db
from core.store.scope import set_scope
from tests.conftest import settings_for
from tests.faults.parts import RedisServer
from tests.faults.system import System


@pytest.fixture
def system(data_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    redis = RedisServer(tmp_path_factory.mktemp("r"))
    redis.start()
    settings = settings_for(data_folder, DUDAO_REDIS_URL=redis.url)
    app = create_app(settings)
    with app.app_context():
        set_scope(db.session, Everything("a test"))
        yield System(app, settings, redis)
        db.session.remove()
        db.engine.dispose()
    redis.kill()
