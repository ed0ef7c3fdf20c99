"""Which topics have been explained where: for a school, for the authority above it, and for the office."""

from __future__ import annotations

from core.api import Pages, View, Visit, view
from plugins.education import coverage
from plugins.education.duties import AUTHORITY

pages = Pages()
#: How many schools and regions a page lists; the least covered come first.
MOST_SCHOOLS, MOST_AREAS = 200, 40


@pages.page("/topics", ("讲解内容覆盖", "Topics explained"), menu="list-check", below=True)
def topics(visit: Visit) -> View:
    """A school's own topics; for an authority, all schools below it."""
    return _page(visit, by_region=visit.unit is not None and visit.unit.kind == AUTHORITY.key)


@pages.page("/schools", ("讲解内容覆盖", "Topics explained"), audience="office", menu="list-check")
def schools(visit: Visit) -> View:
    region = visit.query.get("region", "")
    return _page(visit, by_region=True, region=region if region.isdecimal() else None, linked=True)


def _page(visit: Visit, *, by_region: bool, region: str | None = None, linked: bool = False) -> View:
    found = coverage.schools(visit.data, region)
    areas = coverage.areas(visit.data, found) if by_region else []
    phases = visit.data.campaign.phases if visit.data.campaign else ()
    return view(
        "topics.html",
        schools=found[:MOST_SCHOOLS],
        more_schools=len(found) - MOST_SCHOOLS,
        total=len(found),
        states=coverage.states(found),
        topics=list(coverage.topics(found)),
        titles=coverage.TITLES,
        areas=areas[:MOST_AREAS],
        more_areas=len(areas) - MOST_AREAS,
        region=region,
        linked=linked,
        starts=next((phase.starts for phase in phases[1:2] if phase.starts > visit.data.today), None),
    )
