"""Counting: sums of contributions equal a recount, however reports come and go."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from core.domain.calendar import Cadence
from core.domain.obligations import Filing
from core.domain.schema import metric_values
from core.domain.tallies import Contribution, Counted, Tally, contribution
from core.domain.workflow import STEPS, State
from tests.unit.made import FORM, TOPICS, duty

RULE = duty()
COVERING = duty(Cadence("phase"), covers="topics")


def report(state: str, people: int = 0, *, late: bool = False, topics: tuple[str, ...] = ()) -> Counted:
    return Counted(Filing(state, late, frozenset(topics)), metric_values(FORM, {"people": people}))


def test_drafts_and_withdrawn_reports_add_nothing() -> None:
    drafts = [report("draft", 5), report("withdrawn", 7, late=True)]
    assert contribution(RULE, 1, drafts) == Contribution()
    assert not contribution(RULE, 1, drafts)


def test_a_contribution_counts_the_unit_and_its_reports_and_sums_what_was_accepted() -> None:
    reports = [report("accepted", 10), report("accepted", 4), report("submitted", 99), report("returned", 98)]
    reports += [report("in_review", 97), report("draft", 96)]
    assert contribution(RULE, 2, reports) == Contribution(
        Tally(
            units_filed=1,
            units_done=1,
            units_late=0,
            reports_waiting=2,
            reports_returned=1,
            reports_accepted=2,
        ),
        {"people": 14},
    )


def test_a_unit_is_filed_but_not_done_while_its_report_waits() -> None:
    assert contribution(RULE, 1, [report("submitted")]).tally == Tally(units_filed=1, reports_waiting=1)


def test_a_unit_is_late_if_filled_by_a_late_report() -> None:
    late = contribution(RULE, 1, [report("accepted", late=True)]).tally
    assert late == Tally(units_filed=1, units_done=1, units_late=1, reports_accepted=1)
    assert contribution(RULE, 2, [report("accepted", late=True)]).tally.units_late == 0


def test_a_unit_that_owes_nothing_any_more_is_not_counted_but_its_work_is() -> None:
    assert contribution(RULE, 0, [report("accepted", 8)]) == Contribution(
        Tally(reports_accepted=1), {"people": 8}
    )


def test_topics_decide_whether_a_unit_is_filed_and_done() -> None:
    part = [report("accepted", topics=TOPICS[:2])]
    assert contribution(COVERING, 1, part).tally == Tally(reports_accepted=1)
    whole = [*part, report("submitted", topics=TOPICS[2:])]
    assert contribution(COVERING, 1, whole).tally == Tally(
        units_filed=1, reports_accepted=1, reports_waiting=1
    )


states = st.sampled_from([state.value for state in State])
reports_drawn = st.builds(
    lambda state, people, late, topics: report(state, people, late=late, topics=tuple(topics)),
    states,
    st.integers(0, 10**12),
    st.booleans(),
    st.sets(st.sampled_from(TOPICS)),
)
obligations_drawn = st.tuples(st.integers(0, 3), st.lists(reports_drawn, max_size=4))
contributions = st.builds(lambda owed: contribution(COVERING, owed[0], owed[1]), obligations_drawn)


def summed(parts: list[Contribution]) -> Contribution:
    total = Contribution()
    for part in parts:
        total += part
    return total


@given(st.lists(obligations_drawn, max_size=6))
def test_a_sum_equals_a_count_of_every_report(obligations: list[tuple[int, list[Counted]]]) -> None:
    total = summed([contribution(COVERING, owed, reports) for owed, reports in obligations])
    everything = [counted for _, reports in obligations for counted in reports]
    state = [counted.filing.state for counted in everything]
    assert total.tally.reports_accepted == state.count("accepted")
    assert total.tally.reports_returned == state.count("returned")
    assert total.tally.reports_waiting == state.count("submitted") + state.count("in_review")
    people = sum(c.metrics.get("people", 0) for c in everything if c.filing.state == "accepted")
    assert total.metrics.get("people", 0) == people
    assert total.tally.units_done <= total.tally.units_filed <= sum(owed > 0 for owed, _ in obligations)
    assert total.tally.units_late <= total.tally.units_filed


@given(st.data(), st.integers(1, 3))
def test_a_leaf_kept_by_differences_equals_a_recount_after_every_step(
    data: st.DataObject, units: int
) -> None:
    """Reports are added and go through the workflow at random; the leaf changes by differences alone."""
    needed = [data.draw(st.integers(0, 2)) for _ in range(units)]
    held: list[list[Counted]] = [[] for _ in range(units)]
    tally, metrics = Tally(), dict[str, int]()
    for _ in range(data.draw(st.integers(1, 12))):
        unit = data.draw(st.integers(0, units - 1))
        before = contribution(COVERING, needed[unit], held[unit])
        if not held[unit] or data.draw(st.booleans()):
            held[unit].append(report("draft", data.draw(st.integers(0, 9)), topics=data.draw(topic_sets)))
        else:
            place = data.draw(st.integers(0, len(held[unit]) - 1))
            held[unit][place] = _after_a_step(data, held[unit][place])
        change = contribution(COVERING, needed[unit], held[unit]) - before
        tally += change.tally
        for name, by in change.metrics.items():
            metrics[name] = metrics.get(name, 0) + by
        recount = summed([contribution(COVERING, n, r) for n, r in zip(needed, held, strict=True)])
        assert tally == recount.tally
        assert {name: total for name, total in metrics.items() if total} == recount.metrics


topic_sets = st.sets(st.sampled_from(TOPICS)).map(tuple)


def _after_a_step(data: st.DataObject, counted: Counted) -> Counted:
    leads = [found.leads_to.value for (state, _), found in STEPS.items() if state == counted.filing.state]
    filing = replace(counted.filing, state=data.draw(st.sampled_from(leads)), late=data.draw(st.booleans()))
    return replace(counted, filing=filing)


@given(contributions, contributions, contributions)
def test_sums_and_differences_are_those_of_numbers(a: Contribution, b: Contribution, c: Contribution) -> None:
    assert a + b == b + a
    assert (a + b) + c == a + (b + c)
    assert a - a == Contribution()
    assert a + Contribution() == a
    assert b + (a - b) == a


def test_a_difference_that_lowers_a_sum_is_not_lost_when_added_up() -> None:
    lower = Contribution() - Contribution(metrics={"people": 5})
    assert (lower + lower).metrics == {"people": -10}


@given(contributions)
def test_only_a_contribution_that_changes_something_counts_as_true(part: Contribution) -> None:
    assert bool(part) is (part != Contribution())


def test_metrics_are_summed_exactly_where_floats_would_not_be() -> None:
    big = 10**17 + 1
    assert summed([contribution(RULE, 1, [report("accepted", big)])] * 3).metrics == {"people": 3 * big}


def test_a_tally_is_told_by_the_names_of_its_columns() -> None:
    assert Tally(1, 2, 3, 4, 5, 6).counts() == {
        "units_filed": 1,
        "units_done": 2,
        "units_late": 3,
        "reports_waiting": 4,
        "reports_returned": 5,
        "reports_accepted": 6,
    }
