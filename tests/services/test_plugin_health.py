"""The health check of a plugin names what its author must mend and what the office should know."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from core.app import create_app
from core.domain.access import Everything
from core.domain.campaigns import CampaignFacts
from core.domain.schema import FormSchema
from core.services import plugin_health, plugin_parts, plugins
from core.services.plugin_health import Sign, examine, worst
from core.services.plugin_matrix import matrix
from core.services.runtime import runtime
from core.store import migrations
from core.store.db import begin_writing, db
from core.store.models import OutboxTask, PluginState
from core.store.scope import set_scope
from tests.conftest import NOW, settings_for
from tests.services.helpers import at, campaign

PLUGIN = """
from core.api import Duty, Plugin, ReportForm, UnitKind, UnitType, hookimpl, metric, weekly
from core.api.jobs import Job
from core.api.pages import Pages, view
{imports}

class Visits(ReportForm):
    visits = metric("走访", "Visits")

pages = Pages()

@pages.page("/calendar", ("日历", "Calendar"), menu="calendar3")
def calendar(visit):
    return view("calendar.html")

{hooks}

@hookimpl
def dudao_plugin():
    depot = UnitKind("depot", ("营业点", "Depot"))
    duty = Duty("DEP-01", ("走访", "Visit"), who=depot, due=weekly(1), form=Visits)
    kind = UnitType("depots", ("营业点", "Depots"), [depot], [duty])
    return Plugin("depots", ("营业点", "Depots"), "2.0", unit_types=[kind], tables={tables})
"""
PAGES = "@hookimpl\ndef dudao_pages():\n    return pages\n"
JOBS = (
    "@hookimpl\ndef dudao_jobs():\n"
    "    return [Job('remind', ('提醒', 'Reminder'), print, every='week', at='07:30'),\n"
    "            Job('count', ('清点', 'Count'), print, every='hour', at='00:15'),\n"
    "            Job('tidy', ('整理', 'Tidy'), print)]\n"
)
MODELS = """
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.orm import DeclarativeBase
from core.api.tables import OwnTables


class Base(OwnTables, DeclarativeBase):
    plugin_key = "depots"


class Terminal(Base):
    __tablename__ = "depots_terminal"
    id: Mapped[int] = mapped_column(primary_key=True)
"""
MIGRATION = """
import sqlalchemy as sa
from alembic import op
revision, down_revision, branch_labels, depends_on = "0001", None, None, None

def upgrade():
    op.create_table("depots_terminal", sa.Column("id", sa.Integer(), primary_key=True))

def downgrade():
    op.drop_table("depots_terminal")
"""
Install = Callable[..., Path]


@pytest.fixture
def install(data_folder: Path, tmp_path: Path) -> Iterator[Install]:
    """Put the plugin `depots` with some files into a folder, and open an application with it switched on."""
    with ExitStack() as stack:

        def put(files: dict[str, str], *, hooks: str = "", imports: str = "", tables: str = "None") -> Path:
            folder = tmp_path / "more" / "depots"
            source = PLUGIN.format(hooks=hooks, imports=imports, tables=tables)
            for name, text in {"__init__.py": source, **files}.items():
                path = folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, "utf-8")
            stack.enter_context(opened(data_folder, folder.parent))
            return folder

        yield put


@contextmanager
def opened(data: Path, plugins_dir: Path) -> Iterator[Flask]:
    app = create_app(settings_for(data, DUDAO_PLUGINS_DIR=str(plugins_dir)))
    with app.app_context():
        set_scope(db.session, Everything("a test"))
        at(NOW)
        assert not runtime().registry.quarantined, runtime().registry.quarantined
        plugins.enable_all(["depots"])
        yield app
        db.session.remove()
        db.engine.dispose()


def told(key: str = "depots", level: str = "bad") -> list[str]:
    return [sign.text.zh for sign in examine(key) if sign.level == level]


@contextmanager
def changed(change: Callable[[CampaignFacts], CampaignFacts]) -> Iterator[None]:
    """The campaign under way as if it had been published otherwise."""
    facts, known = campaign(), runtime().campaigns
    [key] = [key for key, found in known.items() if found == facts]
    known[key] = change(facts)
    yield
    known[key] = facts


def test_every_bundled_plugin_is_in_order(app: Flask) -> None:
    for key in runtime().registry.plugins:
        signs = examine(key)
        assert [sign for sign in signs if sign.level != "ok"] == [], key
        assert len(signs) >= 2 and worst(signs) == "ok"


def test_the_worst_sign_decides() -> None:
    text = plugin_parts.HOOK_TITLES["dudao_plugin"]
    assert worst([]) == "ok"
    assert worst([Sign("ok", text), Sign("hint", text)]) == "hint"
    assert worst([Sign("bad", text), Sign("hint", text)]) == "bad"


def test_a_form_that_changed_is_named_with_the_metrics_that_are_not_counted(app: Flask) -> None:
    def older(facts: CampaignFacts) -> CampaignFacts:
        duty = facts.duty("CAR-03")
        assert duty is not None
        fields = [
            replace(spec, name="sent") if spec.name == "messages" else spec for spec in duty.schema.fields
        ]
        was = replace(duty, schema=FormSchema(tuple(fields)))
        return replace(facts, duties=tuple(was if d.code == "CAR-03" else d for d in facts.duties))

    with changed(older):
        first, *metrics = told("carriers", "hint")
        assert "CAR-03 的填报表在活动发布后改过" in first
        assert len(metrics) == 2
        assert "（sent）已改名或删除" in metrics[0] and "（messages）是后加的" in metrics[1]
        assert told("carriers") == []
    assert told("carriers", "hint") == []


def test_duties_that_only_one_side_knows_are_named(app: Flask) -> None:
    def other(facts: CampaignFacts) -> CampaignFacts:
        renamed = (replace(d, code="CAR-99") if d.code == "CAR-06" else d for d in facts.duties)
        return replace(facts, duties=tuple(renamed))

    with changed(other):
        assert [line[:20] for line in told("carriers")] == ["活动里有 CAR-99“推广拦截工具（高"]
        assert [line[:6] for line in told("carriers", "hint")] == ["CAR-06"]


def test_a_form_that_cannot_be_made_is_told_and_the_others_are_looked_at(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = runtime().registry.form("CAR-03")
    assert form is not None and told("carriers") == []

    def fail(*_anything: object, **_more: object) -> None:
        raise RuntimeError("no such choice list")

    monkeypatch.setattr(form, "__init__", fail)
    assert told("carriers") == ["CAR-03 的填报表做不出来：no such choice list"]
    assert "5 张填报表都能打开" in told("carriers", "ok")


def test_a_parked_part_is_told(app: Flask) -> None:
    begin_writing(db.session())
    db.session.get_one(PluginState, "carriers").parked = ["scores", "checks"]
    db.session.commit()
    assert told("carriers") == ["自动检查已暂停：一再出错", "评分已暂停：一再出错"]
    row = next(line for line in matrix().rows if line.row.plugin.key == "carriers")
    assert (row.level, row.hints, len(row.parked)) == ("bad", 2, 2)


def given_up(number: int, plugin: str, *, days_ago: int = 0) -> OutboxTask:
    moment = runtime().clock.now() - timedelta(days=days_ago)
    return OutboxTask(
        id=f"{number:032}",
        job="plugin_job",
        key=f"plugin_job:{plugin}:remind:{number}",
        payload={"plugin": plugin, "job": "remind", "turn": str(number)},
        created_at=moment,
        due_at=moment,
        failed_at=moment,
        error="ValueError: no",
    )


def test_background_jobs_that_were_given_up_lately_are_counted(any_app: Flask) -> None:
    begin_writing(db.session())
    db.session.add_all([given_up(1, "carriers"), given_up(2, "carriers"), given_up(3, "banks", days_ago=8)])
    db.session.commit()
    assert told("carriers") == ["最近 7 天有 2 个后台任务一再失败，不再重试"]
    assert told("banks") == []
    assert plugin_health.look().given_up == {"carriers": 2}


def test_pages_need_their_templates(install: Install) -> None:
    folder = install({}, hooks=PAGES)
    assert told() == ["没有模板文件夹 templates/depots/"]
    assert told(level="hint") == [], "its duty has joined the campaign"
    own = folder / "templates" / "depots"
    own.mkdir(parents=True)
    (own / "other.html").write_text("{% if %}")
    wrong, missing = told()
    assert wrong.startswith("模板 other.html 有误") and missing == "缺模板 templates/depots/calendar.html"
    (own / "other.html").write_text("{{ _('甲') }}")
    (own / "calendar.html").write_text("<p>{% trans %}乙{% endtrans %}</p>")
    assert told() == [] and "1 个页面和栏目的模板齐全" in told(level="ok")


def test_pages_that_cannot_be_told_are_a_sign_and_no_failure_of_the_page(install: Install) -> None:
    install({}, hooks="@hookimpl\ndef dudao_pages():\n    raise ValueError('no calendar')\n")
    assert told() == ["页面说不出来：ValueError: no calendar"]
    assert len(matrix().rows) == 10


def test_own_texts_must_be_readable(install: Install) -> None:
    name = "translations/en/LC_MESSAGES/messages.po"
    folder = install({name: 'msgid "甲"\nmsgstr "A"\n'})
    assert told() == [] and "译文 en 可用" in told(level="ok")
    (folder / name).write_text("msgid 甲\nmsgstrr")
    [line] = told()
    assert line.startswith("译文 en 读不了")


def test_own_tables_must_stand_at_their_newest_migration(install: Install) -> None:
    tables = {"imports": "from .models import Base", "tables": "Base"}
    folder = install({"models.py": MODELS}, **tables)
    assert told() == ["自有数据表没有迁移脚本（migrations）"]
    (folder / "migrations").mkdir()
    (folder / "migrations" / "0001_terminals.py").write_text(MIGRATION)
    assert told() == ["自有数据表停在 空，需要 0001：请运行 dudao migrate"]
    declared = runtime().registry.plugins["depots"].tables
    migrations.upgrade(history=migrations.of_plugin("depots", folder, declared.metadata))
    assert told() == [] and "自有数据表已是最新（0001）" in told(level="ok")
    (folder / "migrations" / "0002_broken.py").write_text("def upgrade(:")
    [line] = told()
    assert line.startswith("迁移脚本读不了")


def test_jobs_are_shown_with_their_last_and_next_turn(install: Install) -> None:
    """It is Thursday, nine o'clock."""
    install({}, hooks=JOBS)
    begin_writing(db.session())
    db.session.add(given_up(1, "depots"))
    db.session.commit()
    lines = {line.job.key: line for line in plugin_parts.timetable("depots", plugin_parts.of("depots").jobs)}
    assert lines["remind"].last is not None and lines["remind"].last.failed_at is not None
    assert lines["tidy"].last is lines["count"].last is None
    due = {key: f"{line.next:%m-%d %H:%M}" for key, line in lines.items()}
    assert due == {"remind": "11-16 07:30", "count": "11-12 09:15", "tidy": "11-13 06:00"}


def test_a_plugin_that_is_gone_is_named_as_it_was_seen_last(install: Install, data_folder: Path) -> None:
    install({})
    begin_writing(db.session())
    seen = db.session.get_one(PluginState, "depots")
    assert (seen.title, seen.version) == (["营业点", "Depots"], "2.0")
    seen.version = "1.0"
    db.session.commit()
    assert plugins.note_versions() == 1 and plugins.note_versions() == 0
    app = create_app(settings_for(data_folder, DUDAO_PLUGINS_OFF="carriers"))
    with app.app_context():
        set_scope(db.session, Everything("a test"))
        found = {item.key: item for item in matrix().gone}
        assert found.keys() == {"carriers", "depots"}
        assert (found["depots"].title.zh, found["depots"].version) == ("营业点", "2.0")
        assert [duty.code for duty in found["carriers"].duties][:2] == ["CAR-01", "CAR-02"]
        assert found["carriers"].title.zh == "电信运营商"
        db.session.remove()
        db.engine.dispose()
