"""The hooks that a plugin may answer. Only `dudao_plugin` is required.

Hooks get frozen facts, never a session, and hand back values; pluggy lets an implementation leave out arguments.
"""

from __future__ import annotations

from collections.abc import Iterable

import click
import pluggy

from core.api.data import Data
from core.api.jobs import Job
from core.api.pages import Pages
from core.domain.declare import Evidence, Plugin
from core.domain.facts import Event, EvidenceFact, ReportFact, UnitRecord
from core.domain.findings import Finding, ScoreLine

PROJECT = "dudao"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


class Hooks:
    """The specifications, in the order of docs/plugins.md."""

    @hookspec
    def dudao_plugin(self) -> Plugin:  # type: ignore[empty-body]
        """Declare the plugin: its unit types, duties, forms, evidence rules. Called once a process.

        An exception, or a value that breaks the contract, quarantines this plugin alone.
        """

    @hookspec
    def dudao_check_report(self, report: ReportFact) -> Iterable[Finding]:  # type: ignore[empty-body]
        """Look a submitted report of one of the plugin's duties over; findings are hints for the inspector.

        Called in the worker, apart from the database, within a few seconds. If it fails the review goes on and
        says that the automatic check did not run. The same facts must give the same findings.
        """

    @hookspec
    def dudao_check_evidence(self, evidence: EvidenceFact, rule: Evidence) -> Iterable[Finding]:  # type: ignore[empty-body]
        """Look one file of a submitted report over, against its duty's evidence rule. As `dudao_check_report`."""

    @hookspec
    def dudao_score(self, unit: UnitRecord) -> Iterable[ScoreLine]:  # type: ignore[empty-body]
        """Score a unit of the plugin's types from what it owed and reported. Called daily in the worker.

        If it fails the unit's score is shown as pending, never as zero and never as full.
        """

    @hookspec
    def dudao_pages(self) -> Pages:  # type: ignore[empty-body]
        """Bring pages, deeds and slots. Called once when a web process starts; if it fails the duties stay."""

    @hookspec
    def dudao_jobs(self) -> Iterable[Job]:  # type: ignore[empty-body]
        """Bring jobs that run by the clock. Called once a process; if it fails the plugin's jobs are off."""

    @hookspec
    def dudao_commands(self) -> Iterable[click.Command]:  # type: ignore[empty-body]
        """Bring commands for ``dudao plugin do KEY …``; their context's `obj` is the plugin's `Data`."""

    @hookspec
    def dudao_on_event(self, event: Event, data: Data) -> None:
        """Hear of what happened to units and reports of the plugin's types, after it is stored. Called in the worker.

        A failed call is tried again a few times and then recorded. `event.id` tells a repeated one.
        """
