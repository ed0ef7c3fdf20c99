"""On and off is data: off means off everywhere, at once, and nothing is lost."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import text

from core.domain.errors import Conflict, Invalid, Missing
from core.services import agenda, plugins, progress, reports
from core.services.runtime import runtime
from core.store.db import db
from core.store.models import AuditRecord, PluginState
from core.store.queries import units as queries
from tests.conftest import actor
from tests.services.helpers import add_unit, campaign, clerk, filled, handed_in, home, later, quiet, version


def switch(key: str, on: bool, login: str = "office", reason: str = "暂停使用") -> None:
    plugins.switch(actor(login), key, on, reason)


@pytest.mark.parametrize("reason", ["", " \n"])
def test_switching_a_plugin_needs_a_reason(app: Flask, reason: str) -> None:
    with pytest.raises(Invalid) as refused:
        switch("carriers", False, reason=reason)
    assert "reason" in refused.value.fields and "carriers" in plugins.on()


def test_a_plugin_that_is_not_installed_is_missing(app: Flask) -> None:
    with pytest.raises(Missing):
        switch("no_such_plugin", True)


def test_switching_twice_the_same_way_is_a_conflict(app: Flask) -> None:
    with pytest.raises(Conflict):
        switch("carriers", True)
    switch("carriers", False)
    with pytest.raises(Conflict):
        switch("carriers", False)
    assert db.session.query(AuditRecord).filter_by(action="plugin.disable", object_id="carriers").count() == 1


@pytest.mark.parametrize("login", ["zz-office", "fx-office-county", "inspector", "auditor", "carriers-lead"])
def test_only_the_whole_provinces_office_and_the_administrator_switch_plugins(app: Flask, login: str) -> None:
    with pytest.raises(Missing):
        switch("carriers", False, login)
    switch("carriers", False, "admin")
    assert "carriers" not in plugins.on()


def test_a_switched_off_type_can_do_nothing_at_the_very_next_call(any_app: Flask) -> None:
    who = clerk(add_unit("one"))
    report_id = handed_in(who, "CAR-03", "week-3")
    switch("carriers", False)
    for hand_in in (True, False):
        with pytest.raises(Missing):
            reports.save(who, filled(home(who), "CAR-03", "week-3", 2), submit=hand_in)
    switch("carriers", True)
    assert reports.withdraw(who, report_id, version(report_id))["state"] == "withdrawn"


def test_the_duties_of_a_switched_off_plugin_are_on_no_agenda_and_no_dashboard(app: Flask) -> None:
    unit_id = add_unit("one")
    switch("carriers", False)
    unit = queries.unit(db.session(), unit_id)
    assert unit is not None
    codes = {item.obligation.duty.code for item in agenda.of_unit(campaign(), unit, plugins.on()).items}
    assert codes and all(code.startswith("GEN-") for code in codes)
    overview = progress.overview(actor("office"), campaign(), None)
    assert overview is not None
    assert not any(duty.plugin == "carriers" for duty, _part in overview.duties)
    assert "carriers" not in dict(overview.types)


def rows(*tables: str) -> str:
    """Everything in some tables, as text."""
    db.session.rollback()
    return json.dumps(
        {
            name: [list(row) for row in db.session.execute(text(f"SELECT * FROM {name} ORDER BY 1, 2"))]
            for name in tables
        },
        default=str,
        sort_keys=True,
    )


def test_off_and_on_again_changes_no_row_of_the_units(any_app: Flask) -> None:
    """Z5: untouched, and identical bit for bit afterwards."""
    quiet()
    handed_in(clerk(add_unit("one")), "CAR-03", "week-3")
    tables = ("unit", "unit_interval", "report", "report_step", "evidence_file", "tally", "tally_metric")
    before = rows(*tables)
    switch("carriers", False)
    assert rows(*tables) == before
    switch("carriers", True)
    assert rows(*tables) == before


def test_switching_is_recorded_with_person_and_reason(app: Flask) -> None:
    switch("carriers", False, reason="  试点结束 ")
    state = db.session.get(PluginState, "carriers")
    assert state is not None
    assert (state.enabled, state.reason, state.changed_by) == (False, "试点结束", "office")
    record = db.session.query(AuditRecord).filter_by(action="plugin.disable").one()
    assert (record.object_id, record.actor, record.detail["reason"]) == ("carriers", "office", "试点结束")


def test_the_overview_shows_every_installed_plugin_with_its_numbers(app: Flask) -> None:
    before = {row.plugin.key: row for row in plugins.overview()}
    assert before.keys() == runtime().registry.plugins.keys()
    add_unit("one")
    later(timedelta(hours=1))
    switch("carriers", False, reason="试点结束")
    row = next(row for row in plugins.overview() if row.plugin.key == "carriers")
    assert (row.enabled, row.reason, row.changed_by) == (False, "试点结束", "office")
    assert row.changed_at is not None and row.changed_at == runtime().clock.now()
    assert row.units == before["carriers"].units + 1 and row.duties == 6


def test_a_new_installation_switches_on_only_what_nobody_ever_switched(app: Flask) -> None:
    switch("carriers", False)
    plugins.enable_all(runtime().registry.plugins)
    assert "carriers" not in plugins.on()


def test_a_plugin_without_a_row_is_off(app: Flask) -> None:
    db.session.query(PluginState).filter_by(key="carriers").delete()
    db.session.commit()
    assert "carriers" not in plugins.on()
    switch("carriers", True)
    assert "carriers" in plugins.on()


def test_a_row_of_a_plugin_that_is_gone_switches_nothing_on(app: Flask) -> None:
    db.session.add(
        PluginState(key="gone", enabled=True, reason="", changed_at=datetime.now(UTC), changed_by="office")
    )
    db.session.commit()
    assert plugins.on() == frozenset(runtime().registry.plugins)


def test_the_command_line_switches_too_and_is_recorded_as_the_system(app: Flask) -> None:
    plugins.switch_from_command("carriers", False, "维护")
    assert "carriers" not in plugins.on()
    record = db.session.query(AuditRecord).filter_by(action="plugin.disable").one()
    assert (record.actor, record.actor_id) == ("system", None)
