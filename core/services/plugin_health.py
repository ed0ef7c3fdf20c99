"""How well a plugin stands: what is in order, what the office should know, and what its author must mend."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Literal

from alembic.util import CommandError
from babel.messages.pofile import PoFileError, read_po
from jinja2 import Environment, TemplateSyntaxError

from core.domain.access import Everything
from core.domain.campaigns import CampaignFacts
from core.domain.declare import Plugin
from core.domain.duties import DutyRule
from core.domain.schema import FormSchema
from core.domain.text import Text
from core.services import campaigns, plugin_parts, plugins
from core.services.failures import PART_TITLES
from core.services.rehearsal import declared
from core.services.runtime import runtime
from core.services.work import reading
from core.store import migrations
from core.store.queries import plugin_work as queries

Level = Literal["ok", "hint", "bad"]
LEVELS: tuple[Level, ...] = ("ok", "hint", "bad")
#: A background job that was given up is told of for so long.
RECENT = timedelta(days=7)


@dataclass(frozen=True)
class Sign:
    """One thing that was looked at: `hint` is worth knowing, `bad` does not work."""

    level: Level
    text: Text


@dataclass(frozen=True)
class Seen:
    """What is read once for all plugins: their background jobs that were given up."""

    given_up: dict[str, int] = field(default_factory=dict)


def look() -> Seen:
    """Read what the database knows of all plugins, in one statement."""
    found: defaultdict[str, int] = defaultdict(int)
    with reading(Everything("the health of plugins concerns everybody")) as session:
        for job in queries.given_up(session(), runtime().clock.now() - RECENT):
            found[job.plugin] += 1
    return Seen(dict(found))


def worst(signs: Collection[Sign]) -> Level:
    return max((sign.level for sign in signs), key=LEVELS.index, default="ok")


def examine(key: str, seen: Seen | None = None) -> tuple[Sign, ...]:
    """Look an installed plugin over: declaration, tables, forms, campaign, pages, texts, and what failed."""
    plugin, folder = runtime().registry.plugins[key], runtime().registry.installed[key].folder
    campaign = campaigns.current()
    return (
        Sign(
            "ok",
            Text(
                f"声明已通过检查（契约第 {plugin.api} 版）",
                f"Declaration accepted (contract {plugin.api})",
            ),
        ),
        *_tables(plugin, folder),
        *_forms(plugin, campaign),
        *_campaign(plugin, campaign),
        *_parts(plugin, folder),
        *_texts(folder),
        *_failing(key, seen or look()),
    )


def _tables(plugin: Plugin, folder: Path | None) -> Iterator[Sign]:
    if plugin.tables is None:
        return
    if folder is None or not (folder / "migrations").is_dir():
        yield Sign("bad", Text("自有数据表没有迁移脚本（migrations）", "Its own tables have no migrations/"))
        return
    history = migrations.of_plugin(plugin.key, folder, plugin.tables.metadata)
    try:
        stands, needed = migrations.current(history), migrations.newest(history)
    except (CommandError, SyntaxError, ImportError) as error:
        yield Sign("bad", Text(f"迁移脚本读不了：{error}", f"Its migrations cannot be read: {error}"))
        return
    if stands == needed:
        yield Sign("ok", Text(f"自有数据表已是最新（{needed}）", f"Its own tables are up to date ({needed})"))
    else:
        yield Sign(
            "bad",
            Text(
                f"自有数据表停在 {stands or '空'}，需要 {needed}：请运行 dudao migrate",
                f"Its own tables stand at {stands or 'nothing'} and need {needed}: run dudao migrate",
            ),
        )


def _forms(plugin: Plugin, campaign: CampaignFacts | None) -> Iterator[Sign]:
    """Each form is made, and compared with the one that the campaign froze."""
    good = 0
    for code in declared(plugin):
        try:
            schema = _schema(code)
        except Exception as error:  # noqa: BLE001 - whatever a plugin's form raises is its sign
            yield Sign(
                "bad",
                Text(f"{code} 的填报表做不出来：{error}", f"The form of {code} cannot be made: {error}"),
            )
            continue
        good += 1
        frozen = campaign.duty(code) if campaign else None
        if frozen is not None and frozen.schema.version != schema.version:
            yield from _changed(frozen, schema)
    if good:
        yield Sign("ok", Text(f"{good} 张填报表都能打开", f"{good} report forms can be opened"))


def _schema(code: str) -> FormSchema:
    form = runtime().registry.form(code)
    assert form is not None, f"{code} has no form"
    form().answers()
    return form.schema()


def _changed(frozen: DutyRule, schema: FormSchema) -> Iterator[Sign]:
    """What a changed form means for the campaign, which counts by the form that it froze."""
    yield Sign(
        "hint",
        Text(
            f"{frozen.code} 的填报表在活动发布后改过（{frozen.schema.version} → {schema.version}）",
            f"The form of {frozen.code} has changed since the campaign was published "
            f"({frozen.schema.version} → {schema.version})",
        ),
    )
    before = {spec.name: spec for spec in frozen.schema.metrics}
    after = {spec.name: spec for spec in schema.metrics}
    for name in [*before.keys() - after.keys(), *after.keys() - before.keys()]:
        label = (before.get(name) or after[name]).label
        gone = name in before
        zh = "已改名或删除" if gone else "是后加的"
        en = "renamed or removed" if gone else "new"
        yield Sign(
            "hint",
            Text(
                f"{frozen.code} 的指标“{label.zh}”（{name}）{zh}：不计入本次活动的统计",
                f"Metric “{label.pick('en')}” ({name}) of {frozen.code} is {en}: not counted in this campaign",
            ),
        )


def _campaign(plugin: Plugin, campaign: CampaignFacts | None) -> Iterator[Sign]:
    """Whether plugin and campaign know the same duties."""
    known = set(declared(plugin))
    for duty in campaign.duties if campaign else ():
        if duty.plugin == plugin.key and duty.code not in known:
            yield Sign(
                "bad",
                Text(
                    f"活动里有 {duty.code}“{duty.title.zh}”，插件已不再声明：不能再填报",
                    f"The campaign has {duty.code} “{duty.title.pick('en')}”, which the plugin declares no more: "
                    "it cannot be reported",
                ),
            )
    for rule in campaigns.missing_duties(plugin.key):
        yield Sign(
            "hint",
            Text(
                f"{rule.code}“{rule.title.zh}”不在本次活动里：没有单位应报",
                f"{rule.code} “{rule.title.pick('en')}” is not in this campaign: no unit owes it",
            ),
        )


def _parts(plugin: Plugin, folder: Path | None) -> Iterator[Sign]:
    answers = runtime().registry.installed[plugin.key].answers
    if not answers & {"dudao_pages", "dudao_jobs"}:
        return
    parts = plugin_parts.of(plugin.key)
    yield from (Sign("bad", problem) for problem in parts.problems)
    shown = len(parts.pages) + len(parts.slots)
    if shown:
        wrong = list(_templates(plugin.key, folder))
        yield from wrong
        if not wrong:
            yield Sign(
                "ok",
                Text(
                    f"{shown} 个页面和栏目的模板齐全", f"The templates of {shown} pages and panels are there"
                ),
            )


def _templates(key: str, folder: Path | None) -> Iterator[Sign]:
    """Templates that cannot be read, and those that the plugin's modules name but do not have."""
    own = folder / "templates" / key if folder else None
    if own is None or not own.is_dir():
        yield Sign("bad", Text(f"没有模板文件夹 templates/{key}/", f"There is no folder templates/{key}/"))
        return
    jinja = Environment(extensions=["jinja2.ext.i18n"], autoescape=True)
    for path in sorted(own.rglob("*.html")):
        try:
            jinja.parse(path.read_text("utf-8"))
        except (TemplateSyntaxError, UnicodeDecodeError) as error:
            yield Sign(
                "bad", Text(f"模板 {path.name} 有误：{error}", f"Template {path.name} is wrong: {error}")
            )
    for name in sorted({n for path in folder.rglob("*.py") for n in _named(path)} if folder else ()):
        if not (own / name).is_file():
            yield Sign("bad", Text(f"缺模板 templates/{key}/{name}", f"templates/{key}/{name} is missing"))


def _named(path: Path) -> Iterator[str]:
    """The templates that a module shows by `view("name.html", …)`."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and node.args and getattr(node.func, "id", "") == "view":
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield first.value


def _texts(folder: Path | None) -> Iterator[Sign]:
    """Whether the plugin's own translations can be read."""
    files = sorted(folder.glob("translations/*/LC_MESSAGES/messages.po")) if folder else []
    for path in files:
        locale = path.parent.parent.name
        try:
            with path.open("rb") as file:
                read_po(file, locale=locale, abort_invalid=True)
        except (ValueError, OSError, PoFileError) as error:
            yield Sign(
                "bad",
                Text(f"译文 {locale} 读不了：{error}", f"The texts of {locale} cannot be read: {error}"),
            )
        else:
            yield Sign("ok", Text(f"译文 {locale} 可用", f"The texts of {locale} can be read"))


def _failing(key: str, seen: Seen) -> Iterator[Sign]:
    for part in sorted(plugins.parked(key)):
        title = PART_TITLES[part]
        yield Sign(
            "bad", Text(f"{title.zh}已暂停：一再出错", f"Parked after failing again and again: {title.en}")
        )
    count = seen.given_up.get(key, 0)
    if count:
        yield Sign(
            "bad",
            Text(
                f"最近 {RECENT.days} 天有 {count} 个后台任务一再失败，不再重试",
                f"{count} background jobs of the last {RECENT.days} days failed and are not tried any more",
            ),
        )
