"""A plugin that fails again and again is parked in that part, once, and put back to work with a reason."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask

from core.domain.errors import Conflict, Invalid, Missing
from core.extend.host import HookFailed
from core.services import failures, plugins
from core.services.failures import PARK_AFTER
from core.services.runtime import runtime
from core.store.db import db
from core.store.models import AuditRecord, Notification, PluginFailure, PluginState
from tests.conftest import actor
from tests.services.helpers import count, later

MINUTE = timedelta(minutes=1)


def fail(times: int, hook: str = "dudao_check_report", key: str = "carriers") -> list[HookFailed]:
    """So many failures, a minute apart."""
    found = []
    for number in range(times):
        try:
            raise ValueError(f"no picture {number}")
        except ValueError as error:
            found.append(HookFailed(key, hook, error))
        failures.record(found[-1:])
        later(MINUTE)
    return found


def parked(key: str = "carriers") -> tuple[str, ...]:
    return plugins.parked_parts(key)


def told(login: str) -> list[Notification]:
    who = actor(login).user_id
    return [
        notice
        for notice in db.session.query(Notification).filter_by(user_id=who)
        if notice.key.startswith("parked:")
    ]


def test_a_failure_is_kept_with_its_incident_and_audited(any_app: Flask) -> None:
    [failed] = fail(1)
    [row] = failures.recent("carriers")
    assert (row.hook, row.incident) == ("dudao_check_report", failed.incident)
    assert row.reason == "ValueError: no picture 0" and "Traceback" in row.detail
    assert row.part == failures.PART_TITLES["checks"]
    [record] = db.session.query(AuditRecord).filter_by(action="plugin.failure")
    assert (record.outcome, record.object_id, record.actor) == ("failed", "carriers", "system")
    assert record.detail["incident"] == failed.incident


def test_the_fifth_failure_within_an_hour_parks_the_part_and_tells_the_office_once(any_app: Flask) -> None:
    fail(PARK_AFTER - 1)
    assert parked() == () and "checks" not in plugins.parked("carriers")
    assert told("office") == []
    [last] = fail(1)
    assert parked() == ("checks",) and plugins.parked("carriers") == {"checks"}
    fail(3)
    assert parked() == ("checks",)
    for login in ("office", "admin"):
        [notice] = told(login)
        assert notice.url == "/office/plugins/carriers" and last.incident in notice.body[0]
    for login in ("zz-office", "inspector", "carriers-lead"):
        assert told(login) == []


def test_failures_over_more_than_an_hour_park_nothing(app: Flask) -> None:
    for _number in range(PARK_AFTER * 2):
        fail(1)
        later(timedelta(minutes=20))
    assert parked() == ()


def test_each_part_and_each_plugin_is_counted_by_itself(app: Flask) -> None:
    fail(PARK_AFTER - 1, "dudao_check_report")
    fail(PARK_AFTER - 1, "dudao_score")
    fail(PARK_AFTER - 1, "dudao_pages:calendar")
    fail(PARK_AFTER - 1, "dudao_check_report", "banks")
    assert parked() == parked("banks") == ()
    fail(1, "dudao_check_evidence")
    fail(1, "dudao_jobs:remind")
    assert parked() == ("checks",) and parked("banks") == ()


def test_forms_and_commands_are_never_parked(app: Flask) -> None:
    fail(PARK_AFTER * 2, "form:CAR-03")
    fail(PARK_AFTER * 2, "dudao_commands")
    assert parked() == ()


def test_put_back_needs_a_reason_and_something_that_is_parked(app: Flask) -> None:
    with pytest.raises(Conflict):
        failures.put_back(actor("office"), "carriers", "修好了")
    with pytest.raises(Missing):
        failures.put_back(actor("office"), "no_such_plugin", "修好了")
    fail(PARK_AFTER)
    with pytest.raises(Invalid) as refused:
        failures.put_back(actor("office"), "carriers", " \n")
    assert "reason" in refused.value.fields and parked() == ("checks",)


@pytest.mark.parametrize("login", ["zz-office", "inspector", "auditor", "carriers-lead"])
def test_only_who_switches_plugins_puts_them_back(app: Flask, login: str) -> None:
    fail(PARK_AFTER)
    with pytest.raises(Missing):
        failures.put_back(actor(login), "carriers", "修好了")
    assert parked() == ("checks",)


def test_put_back_to_work_begins_to_count_anew_and_is_recorded(any_app: Flask) -> None:
    fail(PARK_AFTER)
    moments = [row.at for row in failures.recent("carriers")]
    failures.put_back(actor("admin"), "carriers", " 作者已修复 ")
    assert parked() == () and plugins.parked("carriers") == frozenset()
    [record] = db.session.query(AuditRecord).filter_by(action="plugin.put_back")
    assert (record.actor, record.object_id, record.outcome) == ("admin", "carriers", "done")
    assert record.detail == {"parts": ["checks"], "reason": "作者已修复"}
    assert [row.at for row in failures.recent("carriers")] == moments, "history was changed"
    later(MINUTE)
    fail(PARK_AFTER - 1)
    assert parked() == ()
    fail(1)
    assert parked() == ("checks",)
    assert len(told("office")) == 2


def test_a_plugin_that_was_never_switched_on_is_only_recorded(app: Flask) -> None:
    db.session.query(PluginState).filter_by(key="carriers").delete()
    db.session.commit()
    fail(PARK_AFTER * 2)
    assert count(PluginFailure) == PARK_AFTER * 2


def test_the_last_failure_of_each_plugin(app: Flask) -> None:
    assert failures.last_by_plugin() == {}
    fail(2)
    [other] = fail(1, "dudao_score", "banks")
    [last] = fail(1, "dudao_jobs:remind")
    found = failures.last_by_plugin()
    assert {key: row.incident for key, row in found.items()} == {
        "carriers": last.incident,
        "banks": other.incident,
    }
    assert len(failures.recent()) == 4 and len(failures.recent(at_most=1)) == 1
    assert found["carriers"].at < runtime().clock.now()
