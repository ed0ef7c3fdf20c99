"""Who may do what to a report in which state, and what comes of it. Nothing else decides.

draft → submitted → in review → accepted
          ↑   ↘ withdrawn (until claimed)   ↘ returned (reason) → submitted …
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from core.domain.access import Role
from core.domain.errors import Invalid, NotNow
from core.domain.text import Text


class State(StrEnum):
    DRAFT = "draft"
    SUBMITTED = "submitted"
    IN_REVIEW = "in_review"
    ACCEPTED = "accepted"
    RETURNED = "returned"
    WITHDRAWN = "withdrawn"


class Action(StrEnum):
    EDIT = "edit"
    SUBMIT = "submit"
    WITHDRAW = "withdraw"
    CLAIM = "claim"
    RELEASE = "release"
    ACCEPT = "accept"
    RETURN = "return"
    REOPEN = "reopen"


STATE_TITLES = {
    State.DRAFT: Text("草稿", "Draft"),
    State.SUBMITTED: Text("待审核", "Awaiting review"),
    State.IN_REVIEW: Text("审核中", "In review"),
    State.ACCEPTED: Text("已通过", "Accepted"),
    State.RETURNED: Text("已退回", "Returned"),
    State.WITHDRAWN: Text("已撤回", "Withdrawn"),
}
ACTION_TITLES = {
    Action.EDIT: Text("保存草稿", "Saved"),
    Action.SUBMIT: Text("提交", "Submitted"),
    Action.WITHDRAW: Text("撤回", "Withdrew"),
    Action.CLAIM: Text("开始审核", "Began the review"),
    Action.RELEASE: Text("放回队列", "Put back in the queue"),
    Action.ACCEPT: Text("通过", "Accepted"),
    Action.RETURN: Text("退回", "Returned"),
    Action.REOPEN: Text("重新打开", "Reopened"),
}

UNIT = frozenset({Role.REPORTER, Role.LEAD})
REVIEWER = frozenset({Role.INSPECTOR})
OFFICE = frozenset({Role.OFFICE})


@dataclass(frozen=True, slots=True)
class Step:
    """What an action leads to, who may take it, and whether it needs a reason."""

    leads_to: State
    roles: frozenset[Role]
    reason: bool = False


_EDITABLE = (State.DRAFT, State.RETURNED, State.WITHDRAWN)

#: The whole workflow: (state, action) → step. What is not here does not exist.
STEPS: dict[tuple[State, Action], Step] = {
    **{(state, Action.EDIT): Step(state, UNIT) for state in _EDITABLE},
    **{(state, Action.SUBMIT): Step(State.SUBMITTED, UNIT) for state in _EDITABLE},
    (State.SUBMITTED, Action.WITHDRAW): Step(State.WITHDRAWN, UNIT),
    (State.SUBMITTED, Action.CLAIM): Step(State.IN_REVIEW, REVIEWER),
    (State.IN_REVIEW, Action.CLAIM): Step(State.IN_REVIEW, REVIEWER),
    (State.IN_REVIEW, Action.RELEASE): Step(State.SUBMITTED, REVIEWER),
    (State.IN_REVIEW, Action.ACCEPT): Step(State.ACCEPTED, REVIEWER),
    (State.IN_REVIEW, Action.RETURN): Step(State.RETURNED, REVIEWER, reason=True),
    (State.ACCEPTED, Action.REOPEN): Step(State.RETURNED, OFFICE, reason=True),
}

#: A claim on a report lapses after so many minutes without a decision, so that nobody blocks the queue.
CLAIM_MINUTES = 20


def step(state: State, action: Action, roles: frozenset[Role], reason: str = "") -> Step:
    """The step that an action takes from a state; raises NotNow or Invalid where there is none."""
    found = STEPS.get((state, action))
    if found is None or not (found.roles & roles):
        title = STATE_TITLES[state]
        what = ACTION_TITLES[action]
        raise NotNow(
            Text(
                f"这份报告现在是“{title.zh}”，不能“{what.zh}”。请刷新页面查看最新情况。",
                f"This report is “{title.en}”; “{what.en}” is not possible now. Reload the page to see how it stands.",
            )
        )
    if found.reason and not reason.strip():
        message = Text(
            "请写明理由，让填报单位知道要改什么", "Give the reason, so that the unit knows what to change"
        )
        raise Invalid(message, {"reason": message})
    return found


def actions(state: State, roles: frozenset[Role]) -> frozenset[Action]:
    """What someone with these roles may do now."""
    return frozenset(action for (at, action), found in STEPS.items() if at == state and found.roles & roles)
