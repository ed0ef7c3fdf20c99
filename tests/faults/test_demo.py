"""A demo whose loading was interrupted begins anew."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from core.commands import running
from core.services import seed_reports
from tests.conftest import settings_for

pytestmark = pytest.mark.slow


def test_an_interrupted_first_start_leaves_no_dead_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = settings_for(tmp_path / "data")

    def interrupted(*_: object, **__: object) -> list[str]:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(seed_reports, "fill", interrupted)
        with pytest.raises(KeyboardInterrupt):
            running._prepare_demo(settings, date(2020, 11, 12), "small")
    assert not (settings.data / "demo.json").exists()
    facts, _settings = running._prepare_demo(settings, date(2020, 11, 12), "small")
    assert "office" in facts.logins
    again, _settings = running._prepare_demo(settings, None, "small")
    assert (again.password, again.logins) == (facts.password, facts.logins)
