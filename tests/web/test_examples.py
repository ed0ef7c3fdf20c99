"""Pictures of good and bad evidence: those that a plugin declares, while it is on, and nothing else of its folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from core.api import Duty, Example, Photos, Plugin, ReportForm, UnitKind, UnitType, metric, weekly
from core.domain.duties import DutyRule, freeze
from core.extend import validate
from core.services import plugins
from tests.conftest import actor
from tests.web.site import Site

GOOD = "/examples/banks/notice-good.jpg"


def test_a_declared_picture_is_shown(shared_site: Site) -> None:
    with shared_site.client("banks-reporter").get(GOOD) as answer:
        assert (answer.status_code, answer.mimetype) == (200, "image/jpeg")


@pytest.mark.parametrize(
    "url",
    [
        "/examples/banks/notice-none.jpg",
        "/examples/banks/__init__.py",
        "/examples/banks/..%2F__init__.py",
        "/examples/carriers/notice-good.jpg",
        "/examples/nobody/notice-good.jpg",
        "/examples/common/",
    ],
)
def test_nothing_else_is(shared_site: Site, url: str) -> None:
    assert shared_site.client("banks-reporter").get(url).status_code == 404


def test_a_plugin_that_is_off_shows_none(site: Site) -> None:
    browser = site.client("office")
    with site.inside():
        plugins.switch(actor("office"), "banks", False, "停用测试")
    assert browser.get(GOOD).status_code == 404


class Leaflets(ReportForm):
    leaflets = metric("宣传单", "Leaflets")


def plugin(**examples: Any) -> Plugin:
    kind = UnitKind("company", "寄递企业")
    duty = Duty("PCL-01", "发放", who=kind, due=weekly(1), form=Leaflets, evidence=Photos(**examples))
    return Plugin("parcels", "寄递", "1.0", unit_types=[UnitType("parcels", "寄递", [kind], [duty])])


def test_a_picture_that_is_missing_or_no_picture_keeps_the_plugin_out(tmp_path: Path) -> None:
    (tmp_path / "examples").mkdir()
    (tmp_path / "examples" / "there.jpg").write_bytes(b"")
    fine = plugin(good=Example("好", "there.jpg"), bad=Example("不好"))
    assert list(validate.pictures(fine, tmp_path)) == []
    assert "no picture 'there.jpg'" in next(validate.pictures(fine, None))
    assert "no picture 'gone.png'" in next(validate.pictures(plugin(bad=Example("x", "gone.png")), tmp_path))
    assert "use the name of" in next(validate.pictures(plugin(bad=Example("x", "../there.jpg")), tmp_path))


def test_something_else_than_an_example_keeps_the_plugin_out() -> None:
    wrong = plugin(good="there.jpg")
    assert "good= and bad= need Example" in "; ".join(validate.problems(wrong))


def test_examples_are_frozen_with_the_duty() -> None:
    declared = plugin(good=Example(("好", "good"), "there.jpg")).unit_types[0].duties[0]
    rule = freeze(declared, "parcels", "parcels", Leaflets.schema())
    again = DutyRule.from_json(rule.to_json())
    assert again.evidence == rule.evidence
    assert "bad" not in rule.to_json()["evidence"]
