"""The table of states, actions and roles, typed a second time, and what holds for every path through it."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from core.domain.access import Role
from core.domain.errors import Invalid, NotNow
from core.domain.workflow import (
    ACTION_TITLES,
    CLAIM_MINUTES,
    STATE_TITLES,
    STEPS,
    Action,
    State,
    actions,
    step,
)

#: state, action, where it leads, by whom: U the unit's reporter or lead, I the inspector, O the office.
TABLE = """
draft      edit      draft      U
draft      submit    submitted  U
returned   edit      returned   U
returned   submit    submitted  U
withdrawn  edit      withdrawn  U
withdrawn  submit    submitted  U
submitted  withdraw  withdrawn  U
submitted  claim     in_review  I
in_review  claim     in_review  I
in_review  release   submitted  I
in_review  accept    accepted   I
in_review  return    returned   I
accepted   reopen    returned   O
"""
WHO = {"U": {"reporter", "lead"}, "I": {"inspector"}, "O": {"office"}}
EXPECTED = {
    (state, action): (leads_to, WHO[who])
    for state, action, leads_to, who in (line.split() for line in TABLE.strip().splitlines())
}
NEED_REASON = {"return", "reopen"}
ALL_ROLES = frozenset(Role)


@pytest.mark.parametrize(("state", "action", "role"), list(product(State, Action, Role)))
def test_every_role_may_do_in_every_state_what_the_table_says_and_nothing_else(
    state: State, action: Action, role: Role
) -> None:
    leads_to, who = EXPECTED.get((state.value, action.value), ("", set()))
    allowed = role.value in who
    assert (action in actions(state, frozenset({role}))) is allowed
    if allowed:
        assert step(state, action, frozenset({role}), "because").leads_to.value == leads_to
    else:
        with pytest.raises(NotNow):
            step(state, action, frozenset({role}), "because")


@pytest.mark.parametrize(("state", "action"), EXPECTED)
@pytest.mark.parametrize("reason", ["", "  \n\t "])
def test_a_reason_is_needed_to_return_and_to_reopen_only(state: str, action: str, reason: str) -> None:
    if action in NEED_REASON:
        with pytest.raises(Invalid) as refusal:
            step(State(state), Action(action), ALL_ROLES, reason)
        assert set(refusal.value.fields) == {"reason"}
    else:
        step(State(state), Action(action), ALL_ROLES, reason)


def test_without_a_role_nothing_may_be_done() -> None:
    assert not any(actions(state, frozenset()) for state in State)


def test_several_roles_may_do_what_each_of_them_may() -> None:
    both = frozenset({Role.LEAD, Role.INSPECTOR})
    assert actions(State.SUBMITTED, both) == {Action.WITHDRAW, Action.CLAIM}


def test_a_refusal_names_the_state_and_the_action_in_both_languages() -> None:
    with pytest.raises(NotNow) as refusal:
        step(State.ACCEPTED, Action.SUBMIT, ALL_ROLES)
    assert "已通过" in refusal.value.message.zh
    assert "提交" in refusal.value.message.zh
    assert "Accepted" in refusal.value.message.en
    assert "Submitted" in refusal.value.message.en


def test_an_accepted_report_is_left_by_reopening_alone() -> None:
    assert [action for state, action in STEPS if state is State.ACCEPTED] == [Action.REOPEN]


def test_every_state_but_accepted_can_be_moved_on_by_whoever_must_act_next() -> None:
    turns = {"draft": "U", "submitted": "I", "in_review": "I", "returned": "U", "withdrawn": "U"}
    for state in State:
        moving = {
            role
            for (at, _), found in STEPS.items()
            if at is state and found.leads_to is not state
            for role in found.roles
        }
        assert moving >= WHO.get(turns.get(state, ""), set())
        assert moving


def test_states_and_actions_have_titles_in_both_languages() -> None:
    assert set(STATE_TITLES) == set(State)
    assert set(ACTION_TITLES) == set(Action)
    assert all(title.zh and title.en for title in [*STATE_TITLES.values(), *ACTION_TITLES.values()])


def test_a_claim_lapses_after_a_coffee_break_not_a_day() -> None:
    assert 5 <= CLAIM_MINUTES <= 60


class AReportsLife(RuleBasedStateMachine):
    """Anybody tries anything; the report's states must follow the rules on every path."""

    def __init__(self) -> None:
        super().__init__()
        self.state = State.DRAFT
        self.submitted = False
        self.claimed = False

    @rule(
        action=st.sampled_from(Action),
        roles=st.frozensets(st.sampled_from(Role), max_size=3),
        reason=st.sampled_from(["", " ", "不清楚"]),
    )
    def attempt(self, action: Action, roles: frozenset[Role], reason: str) -> None:
        before = self.state
        try:
            taken = step(before, action, roles, reason)
        except NotNow:
            assert action not in actions(before, roles)
            return
        except Invalid:
            assert action in actions(before, roles)
            assert not reason.strip()
            return
        assert action in actions(before, roles)
        self.state = taken.leads_to
        if before is State.ACCEPTED:
            assert (action, self.state) == (Action.REOPEN, State.RETURNED)
        if self.state is State.ACCEPTED:
            assert (before, action) == (State.IN_REVIEW, Action.ACCEPT)
            assert self.submitted and self.claimed
        if self.state is State.RETURNED and before is not State.RETURNED:
            assert reason.strip()
        if action is Action.EDIT:
            assert self.state is before
        self.submitted = self.submitted or action is Action.SUBMIT
        self.claimed = self.claimed or action is Action.CLAIM

    @invariant()
    def someone_can_always_go_on(self) -> None:
        assert actions(self.state, ALL_ROLES)

    @invariant()
    def a_report_in_review_or_accepted_cannot_be_edited(self) -> None:
        if self.state in (State.SUBMITTED, State.IN_REVIEW, State.ACCEPTED):
            assert Action.EDIT not in actions(self.state, ALL_ROLES)


TestAReportsLife = AReportsLife.TestCase
TestAReportsLife.settings = settings(max_examples=30, stateful_step_count=20, deadline=None, database=None)
