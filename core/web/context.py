"""What every template may use: languages, titles, dates, navigation, the campaign's day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask import Flask, current_app, g, request, url_for
from flask_babel import Babel, get_locale, get_translations
from flask_babel import gettext as _

from core.domain.access import Actor, Permission, titles
from core.domain.calendar import Period
from core.domain.campaigns import CampaignFacts
from core.domain.duties import DutyRule
from core.domain.text import Text
from core.domain.workflow import ACTION_TITLES, STATE_TITLES, Action, State
from core.services import campaigns, notices, places
from core.services.runtime import runtime

LOCALES = ("zh_Hans_CN", "en")
LOCALE_COOKIE = "dudao_locale"


def locale() -> str:
    """The reader's language: the account's, else the browser's choice kept in a cookie, else Chinese."""
    who: Actor | None = g.get("actor")
    for wanted in (who.locale if who else None, request.cookies.get(LOCALE_COOKIE)):
        if wanted in LOCALES:
            return str(wanted)
    return LOCALES[0]


def say(value: Text | str | None) -> str:
    """A bilingual title in the reader's language; plain text as it is."""
    if value is None:
        return ""
    return value.pick(reader()) if isinstance(value, Text) else str(value)


def reader() -> str:
    """The reader's language, looked up once a request."""
    if "reader" not in g:
        g.reader = str(get_locale() or LOCALES[0])
    found: str = g.reader
    return found


def day(value: date) -> str:
    """A day without its year, e.g. 11月12日 or 12 Nov."""
    return f"{value.month}月{value.day}日" if _chinese() else f"{value.day} {value:%b}"


def moment(value: datetime | None) -> str:
    """An instant on the campaign's clock, to the minute."""
    if value is None:
        return "—"
    local = runtime().clock.local(value)
    return f"{local:%Y-%m-%d %H:%M}"


def period_title(period: Period) -> str:
    """A period as people call it, e.g. 第3周（11月9日—11月15日）."""
    span = day(period.starts) if period.starts == period.ends else f"{day(period.starts)}—{day(period.ends)}"
    if period.kind == "day":
        return span
    if period.kind == "week":
        return str(_("第%(n)s周（%(span)s）", n=period.number, span=span))
    if period.kind == "phase":
        return str(_("第%(n)s阶段（%(span)s）", n=period.number, span=span))
    return str(_("%(day)s前完成", day=day(period.ends)))


def period_of(campaign: CampaignFacts, duty: DutyRule | None, key: str) -> str:
    period = campaign.period(duty, key) if duty else None
    return period_title(period) if period else key


def size(value: int) -> str:
    """Bytes as people read them."""
    if value < 1024 * 1024:
        return f"{max(1, round(value / 1024))} KB"
    return f"{value / 1024 / 1024:.1f} MB"


def _chinese() -> bool:
    return say(Text("zh", "en")) == "zh"


@dataclass(frozen=True)
class NavEntry:
    """An entry of the navigation that the actor may use."""

    label: str
    url: str
    icon: str
    active: bool
    count: int | None = None


def _entries() -> list[tuple[Permission, str, str, str, tuple[str, ...]]]:
    """Permission, first page, label, icon, and how the endpoints begin that belong to the entry."""
    return [
        (Permission.REPORT, "home.index", _("我的任务"), "list-check", ("home.", "unit.")),
        (Permission.REPORT, "bag.own", _("材料袋"), "bag", ("bag.", "masks.")),
        (Permission.REVIEW, "review.queue", _("审核"), "clipboard-check", ("review.",)),
        (Permission.DASHBOARD, "office.dashboard", _("进展"), "speedometer2", ("office.dashboard",)),
        (
            Permission.READ_REPORTS,
            "office.reports",
            _("报告"),
            "file-earmark-text",
            ("office.report", "office.reopen"),
        ),
        (Permission.DASHBOARD, "office.clauses", _("通知落实"), "card-checklist", ("office.clauses",)),
        (
            Permission.SWITCH_UNITS,
            "office.units",
            _("单位"),
            "building",
            ("office.unit", "office.enable_unit", "office.disable_unit", "switching."),
        ),
        (
            Permission.SWITCH_PLUGINS,
            "plugin_admin.index",
            _("单位类别"),
            "puzzle",
            ("plugin_admin.",),
        ),
        (Permission.PEOPLE, "people.index", _("人员"), "people", ("people.",)),
        (Permission.AUDIT, "audit.index", _("审计"), "journal-text", ("audit.",)),
        (Permission.SIGNED_IN, "notices.index", _("消息"), "bell", ("notices.",)),
    ]


#: Pages of plugins stand behind these entries: what a unit has to do, and what the office sees of it.
_PLUGINS_AFTER = {"home.index", "office.clauses"}


def navigation(who: Actor, unread: int) -> Iterator[NavEntry]:
    """What the actor may open; the entry whose page is shown is marked."""
    here = request.endpoint or ""
    extra = list(_plugin_entries(who, here))
    for permission, endpoint, label, icon, its_own in _entries():
        if who.may(permission):
            count = unread or None if endpoint == "notices.index" else None
            yield NavEntry(label, url_for(endpoint), icon, here.startswith(its_own), count)
            if endpoint in _PLUGINS_AFTER:
                yield from extra
                extra = []
    yield from extra


def _plugin_entries(who: Actor, here: str) -> Iterator[NavEntry]:
    """The menu's entries of plugins that are on, for the person's own unit types and roles."""
    bring = current_app.extensions["dudao_plugin_pages"]
    if not any(page.menu for pages in bring.pages.values() for page in pages.pages):
        return
    own = places.types_of(who.unit_ids) if who.unit_ids else frozenset()
    for key, page in bring.menu(who, own):
        endpoint = f"plugin_{key}.{page.name}"
        yield NavEntry(say(page.title), url_for(endpoint), page.menu, here == endpoint)


def _translate_quickly(app: Flask) -> None:
    """Look the reader's catalogue up once a request: a page asks it for hundreds of texts."""

    def catalogue() -> Any:
        if "catalogue" not in g:
            g.catalogue = get_translations()
        return g.catalogue

    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        lambda text: catalogue().ugettext(text),
        lambda one, many, n: catalogue().ungettext(one, many, n),
        newstyle=True,
    )


@dataclass(frozen=True)
class CampaignStrip:
    """The campaign as the page's head shows it: today's theme drives what everybody does."""

    title: Text
    phase_title: str
    phase_theme: Text
    day_line: str
    is_demo: bool


def _strip(campaign: CampaignFacts | None) -> CampaignStrip | None:
    if campaign is None:
        return None
    today = runtime().clock.today()
    phase = campaign.phase_on(today)
    number, total = campaign.calendar.day_number(today), campaign.calendar.span.days
    if phase is not None:
        line = _("第%(n)s天 / 共%(total)s天", n=number, total=total)
    else:
        line = _("尚未开始") if number < 1 else _("活动已结束")
    return CampaignStrip(
        title=campaign.title,
        phase_title=_("第%(n)s阶段", n=phase.number) if phase else "",
        phase_theme=phase.theme if phase else Text(""),
        day_line=line,
        is_demo=bool(runtime().settings.demo),
    )


def _bare() -> dict[str, Any]:
    """What a page has that tells of a failure: it must not ask the database that may have failed."""
    return {"actor": None, "nav": [], "campaign": None, "locale": locale(), "csp_nonce": lambda: g.csp_nonce}


@dataclass(frozen=True)
class ActorView:
    name: str
    role_title: str


def install(app: Flask) -> None:
    Babel(app, locale_selector=locale)
    _translate_quickly(app)
    app.jinja_env.filters |= {"t": say, "day": day, "moment": moment, "period": period_title, "size": size}
    app.jinja_env.globals |= {
        "state_title": lambda state: say(STATE_TITLES[State(state)]),
        "action_title": lambda action: say(ACTION_TITLES[Action(action)]),
        "type_title": lambda key: say(runtime().registry.type_title(key)),
        "owner_of": lambda unit_type: runtime().registry.owner_of_type.get(unit_type, ""),
        "kind_title": lambda unit_type, kind: say(runtime().registry.kind_title(unit_type, kind)),
        "period_of": period_of,
    }

    @app.context_processor
    def values() -> dict[str, Any]:
        if g.get("failing"):
            return _bare()
        who: Actor | None = g.get("actor")
        unread = notices.unread(who) if who else 0
        return {
            "actor": ActorView(who.name, "、".join(say(t) for t in titles(who.roles))) if who else None,
            "nav": list(navigation(who, unread)) if who else [],
            "campaign": _strip(campaigns.current()) if who else None,
            "locale": str(get_locale()),
            "csp_nonce": lambda: g.csp_nonce,
        }
