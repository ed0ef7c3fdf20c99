"""What a plugin hands over: generous constructors, exact and frozen values."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from typing import Any

import pytest

from core.api import (
    NO_EVIDENCE,
    AnyFiles,
    CallbackQuestion,
    Documents,
    Duty,
    Everyone,
    Evidence,
    InspectionItem,
    Photos,
    PhotosOrVideos,
    Plugin,
    ReportForm,
    Sheets,
    Text,
    UnitKind,
    UnitType,
    campaign_end,
    campaign_start,
    daily,
    each_phase,
    metric,
    once,
    phase_end,
    phase_start,
    weekly,
)
from core.domain.calendar import Cadence, Deadline
from core.domain.declare import ALL_FILE_KINDS, API_VERSION
from core.domain.text import as_text


class Leaflets(ReportForm):
    leaflets = metric("宣传单", "Leaflets")


SHOP = UnitKind("shop", "门店")


@pytest.mark.parametrize("title", ["门店", ("门店", ""), ["门店", ""], Text("门店")])
def test_a_title_may_be_chinese_alone_in_any_form(title: Any) -> None:
    assert UnitKind("shop", title).title == Text("门店", "")


@pytest.mark.parametrize("title", [("门店", "Shop"), ["门店", "Shop"], Text("门店", "Shop")])
def test_a_title_may_have_english_beside_it(title: Any) -> None:
    assert as_text(title) == Text("门店", "Shop")


@pytest.mark.parametrize("wrong", [None, 5, ("门店",), ("门店", "Shop", "x"), ("门店", None), b"shop", {}])
def test_a_title_in_another_form_is_refused_with_the_forms_that_are_right(wrong: Any) -> None:
    with pytest.raises(TypeError, match="a title is 'Chinese'"):
        UnitKind("shop", wrong)


@pytest.mark.parametrize(
    ("locale", "title"),
    [("zh", "门店"), ("zh_Hans_CN", "门店"), ("en", "Shop"), ("en_GB", "Shop"), ("fr", "Shop")],
)
def test_a_title_is_picked_by_the_readers_language(locale: str, title: str) -> None:
    assert Text("门店", "Shop").pick(locale) == title


def test_a_title_without_english_is_chinese_everywhere() -> None:
    assert Text("门店").pick("en") == "门店"
    assert str(Text("门店", "Shop")) == "门店"
    assert Text(*Text("门店", "Shop").to_json()) == Text("门店", "Shop")


def declared() -> list[Any]:
    duty = Duty("PCL-01", "发放", who=SHOP, due=weekly(1), form=Leaflets, evidence=Photos(1))
    item = InspectionItem("asked", "问了吗", kinds=[SHOP])
    question = CallbackQuestion("warned", "提醒了吗", kinds=[SHOP])
    unit_type = UnitType("parcels", "寄递", [SHOP], [duty], inspection=[item], callbacks=[question])
    plugin = Plugin("parcels", "寄递", "1.0", unit_types=[unit_type])
    return [SHOP, Everyone(), Photos(), duty, item, question, unit_type, plugin]


@pytest.mark.parametrize("value", declared(), ids=lambda value: type(value).__name__)
def test_what_was_declared_cannot_be_changed_and_can_be_compared(value: Any) -> None:
    name = next(iter(value.__dataclass_fields__))
    with pytest.raises(FrozenInstanceError):
        setattr(value, name, "other")
    again = next(other for other in declared() if type(other) is type(value))
    assert again == value
    assert hash(again) == hash(value)


def test_sequences_become_tuples_whatever_they_were() -> None:
    plugin = Plugin(
        "parcels",
        "寄递",
        "1.0",
        unit_types=(
            UnitType(key, "寄递", iter([SHOP]), iter(()), inspection=iter(()), callbacks=[])
            for key in ["parcels"]
        ),
        duties=[],
        callbacks=iter([CallbackQuestion("heard", "听说过吗")]),
    )
    [unit_type] = plugin.unit_types
    assert (unit_type.kinds, unit_type.duties, unit_type.inspection) == ((SHOP,), (), ())
    assert plugin.duties == ()
    assert [question.key for question in plugin.callbacks] == ["heard"]


def test_a_list_that_changes_later_does_not_change_the_declaration() -> None:
    kinds = [SHOP]
    unit_type = UnitType("parcels", "寄递", kinds)
    kinds.append(UnitKind("depot", "仓库"))
    assert unit_type.kinds == (SHOP,)


def test_a_duty_binds_one_kind_several_or_everyone() -> None:
    depot = UnitKind("depot", "仓库")

    def who(wanted: Any) -> Any:
        return Duty("PCL-01", "发放", who=wanted, due=daily(), form=Leaflets).who

    assert who(SHOP) == (SHOP,)
    assert who([SHOP, depot]) == (SHOP, depot)
    assert who(Everyone(front_line=False)) == Everyone(front_line=False)


def test_what_is_not_said_takes_the_usual_value() -> None:
    duty = Duty("PCL-01", "发放", who=SHOP, due=daily(), form=Leaflets)
    assert (duty.evidence, duty.clauses, duty.grace, duty.covers) == (NO_EVIDENCE, (), 1, None)
    assert Plugin("parcels", "寄递", "1.0").api == API_VERSION
    assert SHOP.front_line is False
    assert InspectionItem("asked", "问了吗").undercover is False


@pytest.mark.parametrize("bounds", [(-1, 9), (3, 2), (10, 9)])
def test_evidence_that_nobody_could_give_is_refused(bounds: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="at_least ≤ at_most"):
        Evidence(at_least=bounds[0], at_most=bounds[1])


@pytest.mark.parametrize(
    ("rule", "least", "kinds"),
    [
        (Evidence(), 0, list(ALL_FILE_KINDS)),
        (Photos(), 0, ["photo"]),
        (Photos(2), 2, ["photo"]),
        (PhotosOrVideos(1), 1, ["photo", "video"]),
        (Documents(), 1, ["document", "sheet"]),
        (Documents(photos=True), 1, ["document", "sheet", "photo"]),
        (Sheets(), 1, ["sheet", "document"]),
        (AnyFiles(), 0, ["photo", "video", "document", "sheet"]),
    ],
)
def test_evidence_rules_say_how_many_files_of_which_kinds(
    rule: Evidence, least: int, kinds: list[str]
) -> None:
    assert (rule.at_least, list(rule.kinds), rule.at_most) == (least, kinds, 9)


def test_no_evidence_takes_no_file() -> None:
    assert (NO_EVIDENCE.at_least, NO_EVIDENCE.at_most) == (0, 0)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        (daily(), Cadence("day")),
        (weekly(3), Cadence("week", 3)),
        (each_phase(), Cadence("phase")),
        (each_phase(1, 3, times=2), Cadence("phase", 2, (1, 3))),
        (once(), Cadence("once")),
        (once(by=phase_end(2)), Cadence("once", by=Deadline("end", 2))),
        (once(by=phase_start(2, 3)), Cadence("once", by=Deadline("start", 2, 3))),
        (once(by=campaign_start(4)), Cadence("once", by=Deadline("start", None, 4))),
        (once(by=campaign_end(5)), Cadence("once", by=Deadline("end", None, 5))),
    ],
)
def test_a_cadence_reads_as_it_is_meant(said: Cadence, meant: Cadence) -> None:
    assert said == meant
