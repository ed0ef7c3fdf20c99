"""Regions and units: importing and adding."""

from __future__ import annotations

import csv
import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sqlalchemy import select

from core.domain.access import Everything
from core.domain.errors import Invalid
from core.domain.text import Text
from core.services.runtime import runtime
from core.services.work import chore, reading
from core.store.models import Region, Unit, UnitInterval
from core.store.queries import units as unit_queries

REGIONS = Path(__file__).resolve().parent.parent / "data" / "regions-henan.csv"
LEVELS = ("province", "city", "county")


def import_regions(path: Path = REGIONS) -> int:
    """Read a region file (code, name, level, parent; perhaps latitude and longitude of the centre, in degrees).

    Rows that exist are brought up to date, and may stand in any order. Raises Invalid naming the first wrong row,
    with nothing written.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(enumerate(csv.DictReader(file), 2))
    for line, row in rows:
        _check_region(line, row)
    paths: dict[str, str] = {}
    with chore("region.import", "regions belong to nobody") as done:
        for line, row in sorted(rows, key=lambda item: LEVELS.index(item[1]["level"])):
            parent = row["parent"] or None
            if parent and parent not in paths:
                raise _wrong_row(line, f"没有上级 {parent}", f"parent {parent} is not in the file")
            paths[row["code"]] = f"{paths[parent] if parent else '/'}{row['code']}/"
            done.session.merge(
                Region(
                    code=row["code"],
                    name=row["name"],
                    level=row["level"],
                    parent_code=parent,
                    path=paths[row["code"]],
                    latitude=_degrees(line, row, "latitude", 90),
                    longitude=_degrees(line, row, "longitude", 180),
                )
            )
            done.session.flush()
        done.about("region", path.name, rows=len(rows))
    return len(rows)


def _check_region(line: int, row: dict[str, str | None]) -> None:
    missing = [name for name in ("code", "name", "level") if not row.get(name)]
    if missing or row.get("parent") is None:
        names = ", ".join(missing or ["parent"])
        raise _wrong_row(line, f"缺少 {names}", f"{names} is missing")
    if row["level"] not in LEVELS:
        raise _wrong_row(
            line, f"没有级别 {row['level']}", f"no level {row['level']}: use {', '.join(LEVELS)}"
        )


def _degrees(line: int, row: dict[str, str | None], name: str, most: int) -> float | None:
    said = row.get(name)
    if not said:
        return None
    try:
        value = float(said)
    except ValueError:
        value = math.nan
    if not -most <= value <= most:
        raise _wrong_row(line, f"{name} 应为 -{most} 到 {most} 的度数", f"{name} is degrees from -{most} to {most}")
    return value


def _wrong_row(line: int, zh: str, en: str) -> Invalid:
    return Invalid(Text(f"第 {line} 行：{zh}", f"Row {line}: {en}"))


@dataclass(frozen=True)
class NewUnit:
    """A unit to add; `parent` is the code of the unit above it."""

    code: str
    name: str
    unit_type: str
    kind: str
    region_code: str
    parent: str | None = None


def add_units(units: Iterable[NewUnit], since: date, reason: str = "") -> dict[str, int]:
    """Add units, enabled from a day on; answers with their ids by code. All or none."""
    added: dict[str, int] = {}
    with chore("unit.add", "units are set up for all regions") as done:
        paths = {region.code: region.path for region in done.session.scalars(select(Region))}
        known = dict(done.session.execute(select(Unit.code, Unit.id)).all())
        for new in units:
            _check(new, paths, known)
            row = Unit(
                code=new.code,
                name=new.name,
                unit_type=new.unit_type,
                kind=new.kind,
                region_code=new.region_code,
                region_path=paths[new.region_code],
                parent_id=known[new.parent] if new.parent else None,
            )
            done.session.add(row)
            done.session.flush()
            done.session.add(
                UnitInterval(unit_id=row.id, starts=since, enabled_reason=reason, disabled_reason="")
            )
            added[new.code] = known[new.code] = row.id
        done.about("unit", len(added), count=len(added))
    return added


def _check(new: NewUnit, paths: dict[str, str], known: dict[str, int]) -> None:
    registry = runtime().registry
    if new.code in known:
        raise Invalid(Text(f"{new.code}：编码已被使用", f"{new.code}: the code is in use"))
    if new.parent and new.parent not in known:
        raise Invalid(
            Text(f"{new.code}：没有上级单位 {new.parent}", f"{new.code}: no parent unit {new.parent}")
        )
    if new.region_code not in paths:
        raise Invalid(
            Text(f"{new.code}：没有区划 {new.region_code}", f"{new.code}: no region {new.region_code}")
        )
    if registry.kind(new.unit_type, new.kind) is None:
        raise Invalid(
            Text(
                f"{new.code}：没有单位性质 {new.unit_type}/{new.kind}",
                f"{new.code}: no unit kind {new.unit_type}/{new.kind}",
            )
        )


def types_of(unit_ids: Collection[int]) -> frozenset[str]:
    """The types of some units, e.g. of those that a person works for."""
    with reading(Everything("a person's own units")) as session:
        return frozenset(unit_type for _id, unit_type in unit_queries.types(session(), unit_ids))
