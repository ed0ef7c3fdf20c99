"""The one registrar of plugins' pages: closed unless declared, off with their plugin, each call within its time.

A plugin hands over functions and templates, never a blueprint: it cannot add a route of its own, reach another's
address, change a core template or leave the gate out.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from flask import Blueprint, Flask, flash, g, make_response, redirect, render_template, request
from markupsafe import Markup

from core.api.pages import SLOTS, Audience, Deed, Page, Pages, Saved, Slot, View
from core.domain.access import Actor
from core.domain.errors import DudaoError
from core.domain.units import UnitFacts
from core.services import plugins
from core.services.failures import Busy, HookFailed
from core.services.plugin_data import PluginData, lent, types_of
from core.services.runtime import runtime
from core.services.work import deed
from core.web.context import say
from core.web.guard import actor
from core.web.plugin_templates import PluginTemplates
from core.web.plugin_visits import PERMISSIONS, links, page_url, report_fact, sight
from core.web.plugin_visits import visit as visit_of
from core.web.policy import route

#: Seconds that a page or deed, and a panel on a core page, may take.
PAGE_SECONDS = 5.0
SLOT_SECONDS = 2.0


class PluginPages:
    """What the installed plugins bring to the pages: one blueprint each, and slots by place."""

    def __init__(self, app: Flask) -> None:
        self.templates = PluginTemplates(app)
        self.pages: dict[str, Pages] = {}
        failed_at_start: list[HookFailed] = app.extensions.setdefault("dudao_failed_at_start", [])
        for key in sorted(app.extensions["dudao"].registry.answering("dudao_pages")):
            try:
                found = app.extensions["dudao"].host.pages(key)
            except HookFailed as failed:
                failed_at_start.append(failed)
            else:
                if found is not None:
                    self.pages[key] = found
                    app.register_blueprint(self._blueprint(key, found))

    def _blueprint(self, key: str, found: Pages) -> Blueprint:
        bp = Blueprint(f"plugin_{key}", __name__, url_prefix=f"/u/{key}")
        for page in found.pages:
            route(bp, page.rule, PERMISSIONS[page.audience], plugin=key, name=page.name)(
                self._show(key, page)
            )
        for target in found.deeds:
            register = route(
                bp,
                target.rule,
                PERMISSIONS[target.audience],
                plugin=key,
                name=target.name,
                audit="plugin.deed",
                methods=("POST",),
            )
            register(self._do(key, target))
        return bp

    def _show(self, key: str, page: Page) -> Callable[..., Any]:
        def show(**arguments: Any) -> Any:
            seen = sight(key, page.audience, page.below)
            with lent(key, seen, read_only=True) as data:
                visit = visit_of(data, page.audience)
                return self._page(key, page, lambda: _is(page.view(visit, **arguments), View))

        return show

    def _do(self, key: str, target: Deed) -> Callable[..., Any]:
        def do(**arguments: Any) -> Any:
            if "pages" in plugins.parked(key):
                return _broken("")
            with lent(key, sight(key, target.audience, target.below)) as data:
                visit = visit_of(data, target.audience)
                try:
                    answer, then = runtime().host.run(
                        key,
                        f"dudao_pages:{target.name}",
                        PAGE_SECONDS,
                        lambda: _told(key, target.view(visit, **arguments)),
                        may_refuse=True,
                    )
                except (HookFailed, Busy) as failed:
                    return _failure(failed)
            if isinstance(answer, View):
                shown = make_response(self._page(key, target, lambda: answer))
                shown.status_code = 422 if shown.status_code == 200 else shown.status_code
                return shown
            try:
                self._keep(key, target, data)
            except DudaoError:
                raise
            except Exception as error:  # noqa: BLE001 - what the plugin handed over cannot be written
                return _failure(HookFailed(key, f"dudao_pages:{target.name}", error))
            flash(say(answer.message), "success")
            return redirect(then)

        return do

    def _keep(self, key: str, target: Deed, data: PluginData) -> None:
        with deed(actor(), PERMISSIONS[target.audience], "plugin.deed") as done:
            unit: UnitFacts | None = g.get("unit")
            done.about(
                f"{key}.{target.name}"[:40],
                request.path[-60:],
                unit_id=unit.id if unit else None,
                title=target.title.to_json(),
            )
            data.apply(done, done.at.isoformat())

    def _page(self, key: str, page: Page | Deed, ask: Callable[[], View]) -> Any:
        """The page around what the plugin shows; a plain message with the incident's number where it fails."""
        if "pages" in plugins.parked(key):
            return _broken("")

        def shown() -> Markup:
            return self.templates.render(key, ask(), links(key))

        try:
            name = f"dudao_pages:{page.name}"
            body = runtime().host.run(key, name, PAGE_SECONDS, shown, may_refuse=True)
        except (HookFailed, Busy) as failed:
            return _failure(failed)
        plugin = runtime().registry.plugins[key]
        return render_template(
            "plugin/page.html", title=page.title, body=body, plugin=plugin, unit=g.get("unit")
        )

    def slots(self, place: str, owner: str | None = None, **facts: Any) -> Markup:
        """The panels that plugins add to a core page, by weight; called by the page's template.

        `owner` is the plugin that the page is about. `facts` are the unit, the region, or the report as a `ReportView`
        with its campaign.
        """
        wanted = self._slots(place, owner)
        if not wanted:
            return Markup("")
        if "report" in facts:
            report, campaign = facts["report"], facts.pop("campaign")
            duty = campaign.duty(report.duty_code)
            period = campaign.period(duty, report.period_key) if duty else None
            if period is None:
                return Markup("")
            facts["report"] = report_fact(report, period.span)
        return Markup("").join(self._panel(key, slot, SLOTS[place][0], facts) for slot, key in wanted)

    def _slots(self, place: str, owner: str | None) -> list[tuple[Slot, str]]:
        """Slots of plugins that are on: of the plugin that the page is about, and of those without unit types."""
        registry, on = runtime().registry, plugins.on()
        found = [
            (slot, key)
            for key, pages in self.pages.items()
            if key in on and (owner in (None, key) or not registry.plugins[key].unit_types)
            for slot in pages.slots
            if slot.place == place
        ]
        return sorted(found, key=lambda item: (item[0].weight, item[1], item[0].name))

    def _panel(self, key: str, slot: Slot, audience: Audience, facts: Mapping[str, Any]) -> Markup:
        if "pages" in plugins.parked(key):
            return Markup("")
        with lent(key, sight(key, audience, slot.below), read_only=True) as data:
            known = {name: facts[name] for name in ("unit", "report", "region") if name in facts}
            visit = visit_of(data, audience, **known)

            def shown() -> Markup | None:
                answer = slot.view(visit)
                return None if answer is None else self.templates.render(key, _is(answer, View), links(key))

            try:
                body = runtime().host.run(key, f"dudao_pages:{slot.name}", SLOT_SECONDS, shown)
            except HookFailed as failed:
                _remember(failed)
                return _panel(slot, incident=failed.incident)
            except Busy:
                return _panel(slot, busy=True)
        return Markup("") if body is None else _panel(slot, body=body)

    def menu(self, who: Actor, own_types: Collection[str]) -> list[tuple[str, Page]]:
        """The menu's entries for a person who works for units of some types."""
        on = plugins.on()
        return [
            (key, page)
            for key, pages in self.pages.items()
            if key in on and "pages" not in plugins.parked(key)
            for page in pages.pages
            if page.menu and _is_for(who, own_types, page.audience, types_of(key))
        ]


def _panel(slot: Slot, **shown: Any) -> Markup:
    html = render_template("plugin/panel.html", title=slot.title, **shown)
    return Markup(html)  # noqa: S704 - a rendered template, escaped where it was made


def install(app: Flask) -> None:
    found = PluginPages(app)
    app.extensions["dudao_plugin_pages"] = found
    app.jinja_env.globals["slots"] = found.slots


def _is_for(who: Actor, own_types: Collection[str], audience: Audience, types: frozenset[str] | None) -> bool:
    permission = PERMISSIONS[audience]
    if not who.may(permission):
        return False
    if audience == "unit":
        return bool(own_types) if types is None else not types.isdisjoint(own_types)
    reached = [reach.unit_types for reach in who.scope(permission).reaches]
    return types is None or any(only is None or not types.isdisjoint(only) for only in reached)


def _told(key: str, answer: Any) -> tuple[Saved | View, str]:
    """What a deed answers, and the address that comes next: a page that is not there is the plugin's mistake."""
    _is(answer, Saved, View)
    then = page_url(key, answer.page, **answer.arguments) if isinstance(answer, Saved) else ""
    return answer, then


def _is(answer: Any, *kinds: type) -> Any:
    if not isinstance(answer, kinds):
        raise TypeError(
            f"it returned {type(answer).__name__}, not {' or '.join(kind.__name__ for kind in kinds)}"
        )
    return answer


def _remember(failed: HookFailed) -> None:
    """Written when the request is over: nothing is written in the middle of a page."""
    g.setdefault("plugin_failures", []).append(failed)


def _failure(failed: HookFailed | Busy) -> tuple[str, int]:
    if isinstance(failed, Busy):
        return render_template("plugin/failed.html", busy=True), 503
    _remember(failed)
    return _broken(failed.incident)


def _broken(incident: str) -> tuple[str, int]:
    return render_template("plugin/failed.html", incident=incident), 500 if incident else 503
