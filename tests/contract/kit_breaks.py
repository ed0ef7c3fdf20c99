"""One way to break the small plugin for each check of the kit, by the check's name: the texts to replace."""

from __future__ import annotations

Change = tuple[str, str, str]

_INIT, _REPORTS, _PAGES, _MODELS, _JOBS = "__init__.py", "reports.py", "pages.py", "models.py", "jobs.py"
_BOXES, _PO = "templates/parcels/boxes.html", "translations/en/LC_MESSAGES/messages.po"
_MIGRATION, _COMMANDS = "migrations/0001_box.py", "commands.py"
_FIELD = 'place = text("地点", "Place", required=False)\n'
_SCORE = '[ScoreLine(("报送", "Reporting"), done, sum(item.needed for item in unit.owed) or 1, ("按期", "In time"))]'
_FOUND = '[Finding(("请核对数量", "Check the number"), level="info", field="leaflets")]'
_ODD = 'class Odd(str):\n    def __html__(self):\n        return "<b onclick=x()>"\n'
_IMPORTS = '"""Parcel companies."""\n'


def _form(method: str) -> list[Change]:
    return [(_REPORTS, _FIELD, f"{_FIELD}\n{method}")]


def _import(line: str) -> Change:
    return (_INIT, _IMPORTS, f"{_IMPORTS}\n{line}\n")


#: Each of these alone makes a plugin that its check refuses; none needs an installation.
ALONE: dict[str, list[Change]] = {
    "accepted": [(_INIT, '"1.0", unit_types', '"1.0", api=99, unit_types')],
    "keys": [(_INIT, 'UnitKind("depot"', 'UnitKind("Depot!"')],
    "unique": [(_INIT, "kinds, [DUTY])", "kinds, [DUTY, DUTY])")],
    "no_clash": [(_INIT, '"PCK-01"', '"CAR-01"')],
    "references": [(_INIT, "kinds = [COMPANY, DEPOT]", "kinds = [COMPANY]")],
    "field_references": [(_REPORTS, 'share_of="leaflets"', 'share_of="place"')],
    "deadlines": [(_INIT, "due=weekly()", "due=weekly(0)")],
    "clauses": [(_INIT, '"3.2.40"', '"9.9.99"')],
    "evidence_rules": [
        (_INIT, "evidence=Photos(at_least=1, ", "evidence=Evidence(at_least=1, kinds=[], "),
        (_INIT, "import Duty, ", "import Duty, Evidence, "),
    ],
    "same_declaration": [
        _import("from itertools import count\n\nTIMES = count()"),
        (_INIT, '"1.0", unit_types', 'f"1.{next(TIMES)}", unit_types'),
    ],
    "titles": [(_INIT, '("营业点", "Depot")', '("营业点", "Depot 点")')],
    "form_words": [(_REPORTS, '"地点", "Place"', '"地点", ""')],
    "refusal_words": [
        (_REPORTS, "import ReportForm", "import Refused, ReportForm"),
        (_REPORTS, "\n\nclass Leaflets", '\n\ndef no(form, field):\n    raise Refused("不行", "")\n\n\nclass Leaflets'),
        (_REPORTS, _FIELD, 'place = text("地点", "Place", required=False, rules=[no])\n'),
        (_REPORTS, ', "place": "Main street"', ""),
    ],
    "finding_words": [(_INIT, '("请核对数量", "Check the number")', '"请核对数量"')],
    "score_words": [(_INIT, '("按期", "In time")', '"按期"')],
    "page_titles": [(_PAGES, '("合计", "Sum")', '"合计"')],
    "form_refuses_empty": _form("    def validate(self, extra_validators=None):\n        return True\n"),
    "form_takes_example": [(_REPORTS, '"leaflets": "120"', '"leaflets": "0"')],
    "form_survives_odd_input": [
        (_REPORTS, "\n\nclass Leaflets", "\n\ndef odd(form, field):\n    assert form.leaflets.data > 0\n\n\nclass Leaflets"),
        (_REPORTS, "required=False)", "required=False, rules=[odd])"),
    ],
    "form_round_trip": _form(
        "    def record(self):\n        found = super().record()\n        return found | {'read': found['read'] - 1}\n"
    ),
    "record_is_json": _form("    def record(self):\n        return super().record() | {'more': 1}\n"),
    "form_version": _form(
        "    @classmethod\n    def schema(cls):\n"
        "        return super(Leaflets, Leaflets).schema() if cls is Leaflets else Leaflets.schema()\n"
    ),
    "old_report_shows": _form("    def record(self):\n        return super().record() | {'given_on': 'yesterday'}\n"),
    "metrics": _form("    def record(self):\n        return super().record() | {'leaflets': 'many'}\n"),
    "check_answers": [(_INIT, 'field="leaflets"', 'field="leaflet"')],
    "check_is_deterministic": [
        _import("from itertools import count\n\nTIMES = count()"),
        (_INIT, _FOUND, '[Finding((f"{next(TIMES)}", ""))]'),
    ],
    "score_answers": [(_INIT, _SCORE, '[ScoreLine(("报送", "Reporting"), done, 1)]')],
    "score_is_deterministic": [
        _import("from itertools import count\n\nTIMES = count()"),
        (_INIT, _SCORE, '[ScoreLine(("报送", "Reporting"), next(TIMES) % 2, 1)]'),
    ],
    "score_is_fair": [(_INIT, " if not item.late", " if item.late")],
    "no_sql": [
        _import("import sqlite3"),
        (_INIT, f"return {_FOUND}", f'sqlite3.connect(":memory:").close()\n    return {_FOUND}'),
    ],
    "no_network": [
        _import("import socket"),
        (_INIT, f"return {_FOUND}", f'socket.getaddrinfo("localhost", 80)\n    return {_FOUND}'),
    ],
    "pages_fit": [(_PAGES, '"/sum"', '"/reports"')],
    "jobs_fit": [(_JOBS, '"count", ("清点"', '"Count!", ("清点"')],
    "commands_have_help": [(_COMMANDS, '    """Count the units."""\n', "")],
    "imports": [_import("import werkzeug")],
    "templates_are_own": [(_PAGES, 'view("panel.html"', 'view("../other/panel.html"')],
    "templates_extend_nothing": [(_BOXES, "<table", '{% extends "base.html" %}\n<table')],
    "templates_escape": [(_BOXES, "{{ row.id }}", "{{ row.id|safe }}")],
    "templates_hold_no_code": [(_BOXES, "<table", '<table style="width: 9em"')],
    "templates_are_translated": [(_PO, 'msgstr "Name of the box"', 'msgstr ""')],
    "tables_are_named": [
        (_MODELS, "class Box", 'Table("boxes", Tables.metadata, Column("id", Integer, primary_key=True))\n\n\nclass Box'),
        (_MODELS, "import String", "import Column, Integer, String, Table"),
    ],
    "tables_stand_alone": [
        (_MODELS, "mapped_column(index=True)", 'mapped_column(ForeignKey("unit.id"), index=True)'),
        (_MODELS, "import String", "import ForeignKey, String"),
    ],
}  # fmt: skip

#: These need an installation: each group is one broken plugin, in which all of its checks must find their own.
TOGETHER: dict[str, dict[str, list[Change]]] = {
    "not installable": {
        "installs": [(_REPORTS, '"leaflets": "120"', '"leaflets": "0"'), (_REPORTS, "minimum=1)", "minimum=1, maximum=0)")],
    },
    "pages": {
        "pages_are_accessible": [(_BOXES, '<label for="name">', "<label>")],
        "pages_stay_here": [(_BOXES, "<table", '<p><img src="https://example.org/a.png" alt=""></p><table')],
        "pages_speak_both": [(_BOXES, "<table", "<p>箱</p><table")],
        "pages_cost_the_same": [
            (_PAGES, "    return view(", "    [visit.data.owed(visit.unit.id) for _each in found]\n    return view("),
        ],
        "on_again_is_the_same": [
            (_PAGES, "PAGES = Pages()", "PAGES = Pages()\nSEEN = []"),
            (_PAGES, "    found = visit", "    SEEN.append(1)\n    found = visit"),
            (_PAGES, "rows=rows", "rows=rows, seen=len(SEEN)"),
            (_BOXES, "</table>", "</table><p>{{ seen }}</p>"),
        ],
        "pages_keep_to_their_unit": [(_PAGES, ".where(Box.unit_id == visit.unit.id)", "")],
        "missing_is_missing": [(_PAGES, "raise Missing", "raise KeyError(number)")],
        "deeds_survive_nothing": [(_PAGES, 'if not visit.typed("name")', 'if not visit.form["name"]')],
        "slots_show": [("templates/parcels/panel.html", "<p>", "<p>{{ 1 / 0 }}")],
        "jobs_are_idempotent": [
            (_JOBS, "from core.api", "from itertools import count as numbers\n\nfrom core.api"),
            (_JOBS, "def count", "NUMBERS = numbers()\n\n\ndef count"),
            (_JOBS, "{data.today}", "{next(NUMBERS)}"),
        ],
        "events_told_twice": [(_JOBS, "id=event.id", 'id=f"{event.id}-{next(NUMBERS)}"')],
        "migrations_go_both_ways": [(_MIGRATION, 'op.drop_table("parcels_box")', "pass")],
        "migrations_match_models": [
            (_MIGRATION, 'sa.Column("unit_id"', 'sa.Column("more", sa.Integer()), sa.Column("unit_id"'),
        ],
    },
    "failing": {
        "right_people_get_in": [(_PAGES, 'return view("box.html", number=len(visit.data.units()))', "return None")],
        "jobs_run": [(_JOBS, "for unit in data.units()[:3]:", "for unit in data.nothing():")],
        "events_are_heard": [(_JOBS, "data.rows.put(Box(id=event.id", "data.rows.put(Box(id=event.report.upper()")],
        "form_shows": [
            (_REPORTS, '"宣传单", "Leaflets"', 'Odd("宣传单"), "Leaflets"'),
            (_REPORTS, "\n\nclass Leaflets", f"\n\n{_ODD}\n\nclass Leaflets"),
        ],
        # What works for whoever tries it out and not in the product, which runs forms in a thread of their own.
        "report_is_filed": [
            *_form(
                "    def validate(self, extra_validators=None):\n"
                "        assert current_thread() is main_thread()\n        return super().validate()\n"
            ),
            (_REPORTS, "from core.api", "from threading import current_thread, main_thread\n\nfrom core.api"),
        ],
    },
}  # fmt: skip
