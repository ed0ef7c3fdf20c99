"""Closed unless declared: a route without its policy stops the start (check Z1)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Blueprint, Flask

from core import app as composition
from core.app import create_app
from core.cli import main
from core.domain.access import HOLDERS, Permission
from core.domain.deeds import DEEDS
from core.web import guard
from core.web.policy import READING, Policy, Undeclared, route
from tests.conftest import settings_for


def small_app() -> Flask:
    app = Flask("small", static_folder=None)
    app.secret_key = "for this test only"
    return app


def view() -> str:
    return "seen"


def test_an_undeclared_route_stops_the_start_and_is_named() -> None:
    app = small_app()
    app.add_url_rule("/hidden", "hidden", view)
    with pytest.raises(Undeclared, match=r"hidden \(/hidden\): no permission declared"):
        guard.install(app)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("audit", [None, "", "no.such.deed"])
def test_a_changing_route_without_a_known_audit_action_stops_the_start(
    method: str, audit: str | None
) -> None:
    app = small_app()
    bp = Blueprint("small", "small")
    route(bp, "/change", Permission.SIGNED_IN, audit=audit, methods=(method,))(lambda: "changed")
    app.register_blueprint(bp)
    with pytest.raises(Undeclared, match="changes something but declares no known audit action"):
        guard.install(app)


def test_every_undeclared_route_is_named_at_once() -> None:
    app = small_app()
    app.add_url_rule("/one", "one", view)
    app.add_url_rule("/two", "two", view)
    with pytest.raises(Undeclared, match=r"one.*two"):
        guard.install(app)


def test_a_view_cannot_serve_two_routes_with_different_policies() -> None:
    """The policy hangs on the view: the second one would silently hold for the first route too."""
    bp = Blueprint("small", "small")
    shared = route(bp, "/secret", Permission.AUDIT)(lambda: "secret")
    with pytest.raises(Undeclared, match="another policy"):
        route(bp, "/public", Permission.PUBLIC)(shared)


def test_declared_routes_let_an_application_start() -> None:
    app = small_app()
    bp = Blueprint("small", "small")
    route(bp, "/read", Permission.PUBLIC)(view)
    app.register_blueprint(bp)
    guard.install(app)
    assert app.extensions["dudao_policies"]["small.view"] == Policy(Permission.PUBLIC)


def test_the_whole_application_does_not_start_with_an_undeclared_route(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Module:
        bp = Blueprint("stray", "stray")

    Module.bp.add_url_rule("/stray", "view", lambda: "seen")
    monkeypatch.setattr(composition, "BLUEPRINTS", (*composition.BLUEPRINTS, Module))
    with pytest.raises(Undeclared, match=r"stray\.view"):
        create_app(settings_for(tmp_path))


def test_every_endpoint_of_the_application_has_a_policy_that_somebody_can_meet(tmp_path: Path) -> None:
    app = create_app(settings_for(tmp_path))
    declared: dict[str, Policy] = app.extensions["dudao_policies"]
    for rule in app.url_map.iter_rules():
        policy = declared[rule.endpoint]
        free = policy.permission in (Permission.PUBLIC, Permission.SIGNED_IN)
        assert free or HOLDERS[policy.permission], rule.endpoint
        if set(rule.methods or ()) - READING:
            assert policy.audit in DEEDS, rule.endpoint
        assert not policy.unit_pages or rule.rule.startswith("/u/<unit_type>/"), rule.endpoint
        assert not rule.rule.startswith("/u/") or policy.unit_pages or policy.plugin, rule.endpoint
        assert not policy.plugin or rule.rule.startswith(f"/u/{policy.plugin}/"), rule.endpoint


def test_a_reading_route_takes_no_changing_method(tmp_path: Path) -> None:
    """One view serves either reading or changing, so that its policy is true for each of its methods."""
    app = create_app(settings_for(tmp_path))
    for rule in app.url_map.iter_rules():
        methods = set(rule.methods or ()) - {"HEAD", "OPTIONS"}
        assert methods == {"GET"} or "GET" not in methods, rule.endpoint


def test_routes_json_lists_the_router_whole(tmp_path: Path) -> None:
    answer = CliRunner().invoke(main, ["routes", "--json"], env={"DUDAO_DATA": str(tmp_path)})
    assert answer.exit_code == 0, answer.output
    listed = json.loads(answer.output)
    app = create_app(settings_for(tmp_path))
    expected = {
        (rule.endpoint, rule.rule, tuple(sorted(set(rule.methods or ()) - {"HEAD", "OPTIONS"})))
        for rule in app.url_map.iter_rules()
    }
    assert {(row["endpoint"], row["rule"], tuple(row["methods"])) for row in listed} == expected
    assert len(listed) == len(expected)
    declared: dict[str, Policy] = app.extensions["dudao_policies"]
    for row in listed:
        policy = declared[row["endpoint"]]
        assert (row["permission"], row["audit"]) == (policy.permission.value, policy.audit)
        assert row["changing"] is bool(set(row["methods"]) - READING)
        assert row["scope"]
