"""The page, panel, templates and catalogues that a new plugin begins with."""

from __future__ import annotations

from collections.abc import Iterator
from string import Template

_PAGES = Template('''\
"""The unit's own page and its panel on the home page: how it stands with $code."""

from collections import Counter
from dataclasses import dataclass

from core.api import Owed, Pages, View, Visit, view

PAGES = Pages()
#: The duty that the page is about.
CODE = "$code"


@dataclass(frozen=True)
class Line:
    """A period of the duty, and the people that its reports name together."""

    owed: Owed
    people: int


def lines(visit: Visit) -> list[Line]:
    """The unit's periods that have begun, the newest first; none for a kind that does not owe the duty."""
    if visit.unit is None:
        return []
    people: Counter[str] = Counter()
    for report in visit.data.reports(CODE, unit=visit.unit.id):
        people[report.period] += report.record.get("people") or 0
    owed = [item for item in visit.data.owed(visit.unit.id) if item.duty == CODE]
    begun = [item for item in owed if item.days.starts <= visit.data.today]
    begun.sort(key=lambda item: item.days.starts, reverse=True)
    return [Line(item, people[item.period]) for item in begun]


@PAGES.page("/periods", ("各期报送", "By period"), menu="calendar3")
def periods(visit: Visit) -> View:
    """Each period so far: what it asks for, what is in, the people reached."""
    return view("periods.html", lines=lines(visit))


@PAGES.slot("unit.home", ("累计报送", "Reported so far"))
def so_far(visit: Visit) -> View | None:
    """The sums on the unit's home page; nothing before the first report is in."""
    found = lines(visit)
    filed = sum(line.owed.filed for line in found)
    if not filed:
        return None
    accepted = sum(line.owed.accepted for line in found)
    people = sum(line.people for line in found)
    return view("so_far.html", filed=filed, accepted=accepted, people=people)
''')

_PERIODS = """\
{% import "macros/ui.html" as ui %}
{% if lines %}
{% call ui.panel(_('每期应报与已报'), flush=True) %}
<div class="table-wrap">
<table class="table table-cards">
  <thead><tr>
    <th scope="col">{{ _('期次') }}</th>
    <th scope="col" class="num">{{ _('应报') }}</th>
    <th scope="col" class="num">{{ _('已报') }}</th>
    <th scope="col" class="num">{{ _('其中已通过') }}</th>
    <th scope="col" class="num">{{ _('已报宣传人数') }}</th>
  </tr></thead>
  <tbody>
  {%- for line in lines %}
  <tr>
    {%- set days = line.owed.days %}
    <th scope="row">{{ days.starts|day }}{% if days.days > 1 %}—{{ days.ends|day }}{% endif %}</th>
    <td class="num" data-label="{{ _('应报') }}">{{ line.owed.needed }}</td>
    <td class="num" data-label="{{ _('已报') }}">{{ line.owed.filed }}</td>
    <td class="num" data-label="{{ _('其中已通过') }}">{{ line.owed.accepted }}</td>
    <td class="num" data-label="{{ _('已报宣传人数') }}">{{ line.people }}</td>
  </tr>
  {%- endfor %}
  </tbody>
</table>
</div>
{% endcall %}
{% else %}
{{ ui.empty(_('还没有可看的期次'), _('本单位应报的第一期开始后，这里会列出各期情况。')) }}
{% endif %}
"""

_SO_FAR = """\
<p>{{ _('已报 %(filed)s 份，其中 %(accepted)s 份已通过；宣传 %(people)s 人。',
        filed=filed, accepted=accepted, people=people) }}
  <a href="{{ url('periods') }}">{{ _('查看各期情况') }}</a></p>
"""

#: Every text of the templates, with its English.
_TEXTS = {
    "每期应报与已报": "Owed and filed in each period",
    "期次": "Period",
    "应报": "Owed",
    "已报": "Filed",
    "其中已通过": "Of these accepted",
    "已报宣传人数": "People reached, as filed",
    "还没有可看的期次": "No period yet",
    "本单位应报的第一期开始后，这里会列出各期情况。": "Once the first period that your unit owes begins, it is listed here.",
    "已报 %(filed)s 份，其中 %(accepted)s 份已通过；宣传 %(people)s 人。": (
        "%(filed)s reports filed, %(accepted)s of them accepted; %(people)s people reached."
    ),
    "查看各期情况": "See each period",
}


def pages(key: str, code: str) -> dict[str, str]:
    """The files by their paths inside the package."""
    return {
        "pages.py": _PAGES.substitute(code=code),
        f"templates/{key}/periods.html": _PERIODS,
        f"templates/{key}/so_far.html": _SO_FAR,
        "translations/zh_Hans_CN/LC_MESSAGES/messages.po": _catalogue("zh_Hans_CN"),
        "translations/en/LC_MESSAGES/messages.po": _catalogue("en"),
    }


def _catalogue(locale: str) -> str:
    return "\n".join(_entries(locale))


def _entries(locale: str) -> Iterator[str]:
    yield f'msgid ""\nmsgstr ""\n"Language: {locale}\\n"\n"Content-Type: text/plain; charset=utf-8\\n"\n'
    for zh, en in _TEXTS.items():
        mark = "#, python-format\n" if "%(" in zh else ""
        yield f'{mark}msgid "{zh}"\nmsgstr "{en if locale == "en" else zh}"\n'
