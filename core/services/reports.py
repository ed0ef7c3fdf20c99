"""A unit's reports: saving, submitting, withdrawing, and reopening by the office."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from core.api.forms import ReportForm
from core.domain.access import Actor, Everything, Permission
from core.domain.calendar import Period, due_at
from core.domain.campaigns import CampaignFacts
from core.domain.duties import DutyRule
from core.domain.errors import Denied, Missing, NotNow
from core.domain.obligations import Interval, is_enabled, needed, standing
from core.domain.text import Text
from core.domain.units import UnitFacts
from core.domain.workflow import Action, State, step
from core.extend.host import HookFailed
from core.extend.turns import Busy
from core.jobs.queue import owe
from core.services import campaigns, checks, evidence, failures, idempotency, plugins
from core.services.evidence import Upload
from core.services.runtime import runtime
from core.services.transitions import Held, edited, hold, hold_unit, new_id, transition
from core.services.work import Deed, deed, reading
from core.store.models import FormVersion, Report, Unit
from core.store.queries import filings
from core.store.upsert import insert_or_ignore

#: Seconds that a form may take over what was typed.
FORM_SECONDS = 3.0


@dataclass(frozen=True)
class Filled:
    """What a unit sends: for which duty and period, what was typed, which files come and go.

    `report_id` and `version` name the draft it goes on from; none begins a new report. `uploads` come with the form,
    `bag` are files of the unit's evidence bag; `reasons` say what a file proves, by the id of its use or of the bag.
    """

    unit_id: int
    duty_code: str
    period_key: str
    entries: Mapping[str, Sequence[str]]
    report_id: str | None = None
    version: int | None = None
    uploads: Sequence[Upload] = ()
    bag: Sequence[str] = ()
    reasons: Mapping[str, str] = field(default_factory=dict)
    remove: Sequence[str] = ()
    key: str | None = None


@dataclass
class Saved:
    """What came of it. With `problems` the report is kept as a draft and nothing typed is lost."""

    answer: dict[str, Any]
    fields: dict[str, Any] = field(default_factory=dict)
    problems: list[Text] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return not self.fields and not self.problems


def save(actor: Actor, filled: Filled, *, submit: bool) -> Saved:
    """Keep what was typed and attached; with `submit` also check it and hand it in.

    Raises Missing (not the actor's unit, or nothing owed), Denied (unit disabled), NotNow (period not begun, or
    already filed), Conflict (changed meanwhile, or the key used for other content).
    """
    campaign, duty = _owed_here(filled)
    kept, refused = evidence.keep(filled.uploads, duty.evidence)
    checked = _check(campaign, duty, filled) if submit else Checked()
    asked = idempotency.fingerprint(
        filled.unit_id,
        filled.duty_code,
        filled.period_key,
        filled.report_id,
        {name: list(values) for name, values in filled.entries.items()},
        [item.stored.sha256 for item in kept],
        list(filled.bag),
        dict(filled.reasons),
        list(filled.remove),
        submit,
    )
    with deed(actor, Permission.REPORT, "report.submit" if submit else "report.save") as done:
        unit = hold_unit(done, filled.unit_id)
        repeated = idempotency.repeated(done, filled.key, asked)
        if repeated is not None:
            done.about("report", repeated["id"], unit_id=unit.id)
            return _as_before(checked, repeated)
        held = _draft(done, campaign, duty, unit, filled)
        saved = _write(done, held, filled, kept, refused, checked, submit=submit)
        told = {"problems": [problem.to_json() for problem in saved.problems]}
        idempotency.remember(done, filled.key, saved.answer | told)
    return saved


@dataclass(frozen=True)
class Checked:
    """What a form said of what was typed: its record, or what is wrong by field, or that it failed itself."""

    fields: dict[str, Any] = field(default_factory=dict)
    record: dict[str, Any] = field(default_factory=dict)
    failed: HookFailed | None = None


def _check(campaign: CampaignFacts, duty: DutyRule, filled: Filled) -> Checked:
    """Ask the duty's form before the transaction: its rules are a plugin's code, which must hold no lock."""
    period = campaign.period(duty, filled.period_key)
    made = form_class(duty)

    def ask() -> Checked:
        form = made(filled.entries, span=period.span if period else None)
        return Checked(record=form.record()) if form.validate() else Checked(dict(form.errors))

    try:
        return runtime().host.run(duty.plugin, f"form:{duty.code}", FORM_SECONDS, ask)
    except HookFailed as failed:
        return Checked(failed=failed)
    except Busy as busy:
        return Checked(failed=HookFailed(duty.plugin, f"form:{duty.code}", busy))


def find_errors(duty: DutyRule, form: ReportForm) -> None:
    """Let a form that was refused say again what is wrong, for the page; one that fails now says nothing more."""
    with suppress(HookFailed, Busy):
        runtime().host.run(duty.plugin, f"form:{duty.code}", FORM_SECONDS, form.validate)


def _as_before(checked: Checked, told: dict[str, Any]) -> Saved:
    """The first answer again, with what was wrong then: repeating a failed submission must not look like success."""
    problems = [Text(*words) for words in told["problems"]]
    answer = {name: value for name, value in told.items() if name != "problems"}
    return Saved(answer, checked.fields, problems)


def _owed_here(filled: Filled) -> tuple[CampaignFacts, DutyRule]:
    campaign = campaigns.current()
    duty = campaign.duty(filled.duty_code) if campaign else None
    if campaign is None or duty is None or duty.plugin not in plugins.on():
        raise Missing
    return campaign, duty


def _draft(done: Deed, campaign: CampaignFacts, duty: DutyRule, unit: Unit, filled: Filled) -> Held:
    """The draft to go on from, or a new one."""
    intervals = filings.intervals(done.session(), unit.id)
    _refuse_disabled(intervals)
    if filled.report_id is not None:
        # Whoever does not say which version was read must not overwrite one: no report has version 0.
        held = hold(done, filled.report_id, filled.version or 0)
        same = (held.unit.id, held.duty.code, held.report.period_key)
        if same != (unit.id, duty.code, filled.period_key):
            raise Missing
        return held
    period = campaign.period(duty, filled.period_key)
    kind = runtime().registry.kind_ref(unit.unit_type, unit.kind)
    count = needed(duty, period, intervals) if period else 0
    if period is None or not duty.binds(kind) or count == 0:
        raise Missing
    _refuse_not_now(done.session(), campaign, unit.id, duty, period)
    report = _new_report(done, campaign, duty, unit, period.key)
    done.about("report", report.id, unit_id=unit.id, duty=duty.code, period=period.key)
    return Held(campaign, duty, unit, intervals, report, [])


FILED_ALREADY = Text("这一期已经报过了", "This period has been reported already")


def _filed_already(
    session: Session, campaign: CampaignFacts, unit_id: int, duty: DutyRule, period_key: str
) -> bool:
    """Whether a duty that takes one report a period has it: drafts, withdrawn and returned ones do not count."""
    if duty.cadence.kind not in ("day", "once"):
        return False
    known = filings.of_obligation(session, campaign.id, unit_id, duty, period_key)
    return standing(duty, 1, (report.filing for report in known.values())).is_filed


def refuse_not_now(campaign: CampaignFacts, unit: UnitFacts, duty: DutyRule, period: Period) -> None:
    """Raise NotNow where a new report would be refused: the period has not begun, or takes no more."""
    with reading(Everything("the unit's own page, which its guard has opened")) as session:
        _refuse_not_now(session(), campaign, unit.id, duty, period)


def _refuse_not_now(
    session: Session, campaign: CampaignFacts, unit_id: int, duty: DutyRule, period: Period
) -> None:
    if runtime().clock.today() < period.starts:
        raise NotNow(Text(f"这一期 {period.starts} 才开始", f"This period begins on {period.starts}"))
    if _filed_already(session, campaign, unit_id, duty, period.key):
        raise NotNow(FILED_ALREADY)


def _refuse_disabled(intervals: list[Interval]) -> None:
    if not is_enabled(intervals):
        raise Denied(Text("本单位已停用，不能填报", "This unit is disabled and cannot report"))


def _new_report(done: Deed, campaign: CampaignFacts, duty: DutyRule, unit: Unit, period_key: str) -> Report:
    report = Report(
        id=new_id(),
        campaign_id=campaign.id,
        unit_id=unit.id,
        unit_type=unit.unit_type,
        unit_kind=unit.kind,
        region_code=unit.region_code,
        region_path=unit.region_path,
        duty_code=duty.code,
        period_key=period_key,
        state=State.DRAFT,
        version=0,
        form_version=_form_version(done, duty),
        entries={},
        topics=[],
        late=False,
        created_at=done.at,
        created_by=done.actor.user_id,
        reason="",
    )
    done.session.add(report)
    done.session.flush()
    return report


def form_class(duty: DutyRule) -> type[ReportForm]:
    """The form to fill for a duty; raises Missing where its plugin is gone."""
    form = runtime().registry.form(duty.code)
    if form is None:
        raise Missing
    return form


def _form_version(done: Deed, duty: DutyRule) -> str:
    """The version of the form that is filled now; its fields are stored with the first report that uses it."""
    form_class(duty)
    version, schema = runtime().registry.forms[duty.code]
    stored = runtime().stored_forms
    if version not in stored:
        if done.session.get(FormVersion, version) is None:
            insert_or_ignore(done.session(), FormVersion, {"version": version, "schema": schema.to_json()})
        else:
            stored.add(version)
    return version


def _write(
    done: Deed,
    held: Held,
    filled: Filled,
    kept: list[evidence.Kept],
    refused: list[Text],
    checked: Checked,
    *,
    submit: bool,
) -> Saved:
    """Save entries and files; then, where asked and all is well, submit. Else it stays a draft, with the problems."""
    report, duty = held.report, held.duty
    step(State(report.state), Action.EDIT, done.actor.roles_for(Permission.REPORT))
    report.entries = {name: list(values) for name, values in filled.entries.items()}
    evidence.detach(done, held, filled.remove)
    problems = [*refused, *evidence.attach_from_bag(done, held, filled.bag), *evidence.attach(done, held, kept)]
    evidence.explain(held, filled.reasons)
    fields = checked.fields
    if checked.failed is not None:
        failures.note(done, checked.failed)
        problems.append(_form_failed(checked.failed))
    problems += evidence.lacks(done, held) if submit else []
    if submit and _filed_already(done.session(), held.campaign, held.unit.id, duty, report.period_key):
        problems.append(FILED_ALREADY)
    if submit and not fields and not problems:
        _submit(done, held, checked.record)
    else:
        edited(done, held)
    if fields or problems:
        done.outcome = "invalid"
        done.detail["fields"] = sorted(fields)
    return Saved(held.answer(), fields, problems)


def _form_failed(failed: HookFailed) -> Text:
    return Text(
        f"这张表的检查程序出错了，内容已存为草稿。请稍后再提交；还是不行，请把事件号 {failed.incident} 告诉联席办",
        f"This form's own checks failed; what you typed is kept as a draft. Try again later, or tell the office "
        f"incident {failed.incident}",
    )


def _submit(done: Deed, held: Held, record: dict[str, Any]) -> None:
    report, duty = held.report, held.duty
    period = held.campaign.period(duty, report.period_key)
    was_returned = report.state == State.RETURNED
    with transition(done, held, Action.SUBMIT, Permission.REPORT):
        report.record = record
        report.form_version = _form_version(done, duty)
        report.topics = list(report.record.get(duty.covers) or []) if duty.covers else []
        if not was_returned and period is not None:
            # A return does not make a punctual report late; withdrawing one's own report starts the clock anew.
            report.late = done.at >= due_at(period, duty.grace, runtime().clock.zone)
        report.submitted_at, report.submitted_by = done.at, done.actor.user_id
        report.claimed_at = report.claimed_by = None
    checks.owe_check(done, held)


def withdraw(actor: Actor, report_id: str, version: int) -> dict[str, Any]:
    """Take a submitted report back, as long as nobody reviews it."""
    with deed(actor, Permission.REPORT, "report.withdraw") as done:
        held = hold(done, report_id, version)
        _refuse_disabled(held.intervals)
        with transition(done, held, Action.WITHDRAW, Permission.REPORT):
            held.report.submitted_at = None
        return held.answer()


def reopen(actor: Actor, report_id: str, version: int, reason: str) -> dict[str, Any]:
    """Open an accepted report again, with a reason; it goes back to its unit."""
    with deed(actor, Permission.REOPEN, "report.reopen") as done:
        held = hold(done, report_id, version)
        with transition(done, held, Action.REOPEN, Permission.REOPEN, reason):
            held.report.reason = reason
            held.report.decided_at, held.report.decided_by = done.at, actor.user_id
        owe_decision(done, held.report)
        return held.answer()


def owe_decision(done: Deed, report: Report) -> None:
    """Owe the unit's people a notice of what was decided."""
    payload = {"report_id": report.id, "version": report.version}
    owe(done.session(), "notify_decision", f"{report.id}:{report.version}", payload, done.at)
