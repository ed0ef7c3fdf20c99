"""A small plugin that uses everything a plugin may use and keeps every rule, as files; tests break it bit by bit."""

from __future__ import annotations

from pathlib import Path

#: The package's folder.
NAME = "kit_parcels"

FILES = {
    "__init__.py": '''\
"""Parcel companies."""

from core.api import Duty, Finding, Photos, Plugin, ScoreLine, UnitKind, UnitType, hookimpl, weekly
from kit_parcels.commands import COMMANDS
from kit_parcels.jobs import JOBS, hear
from kit_parcels.models import Tables
from kit_parcels.pages import PAGES
from kit_parcels.reports import Leaflets

COMPANY = UnitKind("company", ("寄递企业", "Parcel company"))
DEPOT = UnitKind("depot", ("营业点", "Depot"), front_line=True)
DUTY = Duty(
    "PCK-01", ("发放宣传单", "Hand out leaflets"), who=(COMPANY, DEPOT), due=weekly(), form=Leaflets, grace=1,
    evidence=Photos(at_least=1, hint=("看得清宣传单", "The leaflet can be read")), clauses=("3.2.40",), covers="kinds",
)


@hookimpl
def dudao_plugin():
    kinds = [COMPANY, DEPOT]
    types = [UnitType("parcels", ("寄递企业", "Parcels"), kinds, [DUTY])]
    return Plugin("parcels", ("寄递", "Parcels"), "1.0", unit_types=types, tables=Tables)


@hookimpl
def dudao_check_report(report):
    return [Finding(("请核对数量", "Check the number"), level="info", field="leaflets")]


@hookimpl
def dudao_check_evidence(evidence, rule):
    return [Finding(("文件很小", "The file is small"))] if evidence.size < 100 else []


@hookimpl
def dudao_score(unit):
    done = sum(min(item.filed, item.needed) for item in unit.owed if not item.late)
    return [ScoreLine(("报送", "Reporting"), done, sum(item.needed for item in unit.owed) or 1, ("按期", "In time"))]


@hookimpl
def dudao_pages():
    return PAGES


@hookimpl
def dudao_jobs():
    return JOBS


@hookimpl
def dudao_commands():
    return COMMANDS


@hookimpl
def dudao_on_event(event, data):
    hear(event, data)
''',
    "reports.py": '''\
"""Their report form."""

from core.api import ReportForm, at_most_field, choices, date_field, metric, text

KINDS = (("one", "一类", "One"), ("two", "二类", "Two"))


class Leaflets(ReportForm):
    example = {
        "leaflets": "120", "read": "100", "kinds": ["one", "two"], "given_on": "2020-10-26", "place": "Main street",
    }
    leaflets = metric("宣传单", "Leaflets", minimum=1)
    read = metric("读过的", "Read", share_of="leaflets", rules=[at_most_field("leaflets")])
    kinds = choices("类别", "Kinds", options=KINDS)
    given_on = date_field("日期", "Day", hint=("例如 2020-11-12", "For example 2020-11-12"))
    place = text("地点", "Place", required=False)
''',
    "models.py": '''\
"""Their table."""

from sqlalchemy import String, select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from core.api import OwnTables


class Tables(OwnTables, DeclarativeBase):
    plugin_key = "parcels"


class Box(Tables):
    __tablename__ = "parcels_box"

    id: Mapped[str] = mapped_column(String(80), primary_key=True)
    unit_id: Mapped[int] = mapped_column(index=True)
''',
    "migrations/0001_box.py": '''\
"""The table."""

import sqlalchemy as sa
from alembic import op

revision = "parcels0001"
down_revision = None


def upgrade():
    op.create_table(
        "parcels_box",
        sa.Column("id", sa.String(80), primary_key=True),
        sa.Column("unit_id", sa.Integer(), nullable=False),
    )
    op.create_index("ix_parcels_box_unit_id", "parcels_box", ["unit_id"])


def downgrade():
    op.drop_table("parcels_box")
''',
    "jobs.py": '''\
"""What they do by the clock and on events."""

from core.api import Job
from kit_parcels.models import Box


def count(data):
    for unit in data.units()[:3]:
        data.rows.put(Box(id=f"{data.today}-{unit.id}", unit_id=unit.id))
        data.tell(unit, ("已清点", "Counted"))


def hear(event, data):
    data.rows.put(Box(id=event.id, unit_id=event.unit.id))


JOBS = [Job("count", ("清点", "Count"), count, every="day", at="06:00")]
''',
    "commands.py": '''\
"""Their command."""

import click


@click.command("count")
@click.option("--all", "every", is_flag=True, help="All of them.")
@click.pass_obj
def count(data, every):
    """Count the units."""
    click.echo(len(data.units()))


COMMANDS = [count]
''',
    "pages.py": '''\
"""Their pages."""

from core.api import Missing, Pages, Saved, view
from kit_parcels.models import Box, select

PAGES = Pages()


@PAGES.page("/boxes", ("包裹", "Boxes"), menu="box")
def boxes(visit):
    found = visit.data.reports("PCK-01", unit=visit.unit.id)
    rows = visit.data.rows.all(select(Box).where(Box.unit_id == visit.unit.id))
    return view("boxes.html", reports=found, rows=rows)


@PAGES.page("/boxes/<int:number>", ("一箱", "One box"))
def box(visit, number):
    if number > 9:
        raise Missing
    return view("box.html", number=number)


@PAGES.page("/sum", ("合计", "Sum"), audience="office", menu="calculator")
def total(visit):
    return view("box.html", number=len(visit.data.units()))


@PAGES.deed("/boxes/add", ("加一箱", "Add a box"))
def add(visit):
    if not visit.typed("name"):
        return view("box.html", number=0)
    visit.data.rows.put(Box(id=visit.typed("name"), unit_id=visit.unit.id))
    return Saved(("已保存", "Saved"), "boxes")


def panel(name):
    def shown(visit):
        return view("panel.html", number=3)

    shown.__name__ = name
    return shown


for place in ("unit.home", "unit.report", "review.report", "office.dashboard", "office.unit"):
    PAGES.slot(place, ("包裹", "Boxes"))(panel(place.replace(".", "_")))
''',
    "templates/parcels/boxes.html": """\
{% import "macros/forms.html" as forms %}
<table class="table"><thead><tr><th scope="col">{{ _('期次箱数') }}</th></tr></thead><tbody>
{%- for report in reports %}<tr><td>{{ report.record.place or report.period }}</td></tr>{% endfor %}
{%- for row in rows %}<tr><td>{{ row.id }}</td></tr>{% endfor %}</tbody></table>
<p><a href="{{ url('box', number=1) }}">{{ _('第一箱') }}</a></p>
{% call forms.form(url('add')) %}<label for="name">{{ _('箱名') }}</label><input id="name" name="name">
<button type="submit">{{ _('加一箱') }}</button>{% endcall %}
""",
    "templates/parcels/box.html": "<p>{{ _('共 %(n)s 箱', n=number) }}</p>\n",
    "templates/parcels/panel.html": "<p>{{ _('共 %(n)s 箱', n=number) }}</p>\n",
    "translations/en/LC_MESSAGES/messages.po": """\
msgid ""
msgstr ""
"Language: en\\n"
"Content-Type: text/plain; charset=utf-8\\n"

msgid "期次箱数"
msgstr "Boxes by period"

msgid "第一箱"
msgstr "First box"

msgid "箱名"
msgstr "Name of the box"

msgid "加一箱"
msgstr "Add a box"

#, python-format
msgid "共 %(n)s 箱"
msgstr "%(n)s boxes"
""",
}
def write(folder: Path, changes: list[tuple[str, str, str]]) -> Path:
    """The package in a folder, with some texts replaced by others; each must be there."""
    files = dict(FILES)
    for name, old, new in changes:
        assert old in files.setdefault(name, ""), f"{name} does not hold {old!r}"
        files[name] = files[name].replace(old, new, 1) if old else new
    for name, text in files.items():
        path = folder / NAME / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return folder / NAME
