"""The procuratorates' and courts' duties."""

from datetime import date

import pytest

from plugins.courts import dudao_plugin
from plugins.courts.duties import COURT, PROCURATORATE
from tests.unit_types.courts.examples import EXAMPLES, example
from tests.unit_types.helpers import Bench, first_span

courts = Bench(dudao_plugin(), example)


@pytest.mark.parametrize("code", EXAMPLES)
def test_a_complete_report_is_accepted_and_read_back_as_it_was_typed(code: str) -> None:
    courts.check_round_trip(code)


@pytest.mark.parametrize("code", ["CRT-01", "CRT-02"])
def test_prosecution_and_sentencing_are_due_by_the_campaigns_end(code: str) -> None:
    assert first_span(courts.duty(code)).ends == date(2020, 11, 30)


def test_a_prosecution_names_at_least_one_charge() -> None:
    assert courts.refusal("CRT-01", {"charges": []})[0] == "charges"


def test_a_charge_that_is_not_listed_is_refused() -> None:
    assert courts.refusal("CRT-01", {"charges": ["fraud", "rudeness"]})[0] == "charges"


@pytest.mark.parametrize("answer", ["", "maybe"])
def test_a_sentencing_was_broadcast_live_or_it_was_not(answer: str) -> None:
    assert courts.refusal("CRT-02", broadcast_live=answer)[0] == "broadcast_live"


@pytest.mark.parametrize(
    "address",
    ["example.org/cases/1", "ftp://example.org/1", "javascript:alert(1)", "https://example.org/a b", ""],
)
def test_a_typical_case_is_published_at_a_web_address(address: str) -> None:
    assert courts.refusal("CRT-03", published_at=address)[0] == "published_at"


def test_a_sentencing_is_proved_by_a_photo_a_video_or_a_document() -> None:
    assert courts.duty("CRT-02").evidence.kinds == ("photo", "video", "document")


def test_procuratorates_and_courts_are_inspected_on_two_points_and_no_victim_is_asked() -> None:
    [unit_type] = dudao_plugin().unit_types
    assert [item.kinds for item in unit_type.inspection] == [(PROCURATORATE, COURT)] * 2
    assert unit_type.callbacks == ()
