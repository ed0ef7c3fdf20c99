"""What an application runs with: settings, clock, plugins, evidence folder. The one place that asks Flask for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

from flask import current_app

from core.config import Settings
from core.domain.campaigns import CampaignFacts
from core.domain.clock import Clock
from core.extend.host import PluginHost
from core.extend.registry import Registry
from core.store.evidence import EvidenceStore

EXTENSION = "dudao"


@dataclass
class Runtime:
    settings: Settings
    clock: Clock
    registry: Registry
    host: PluginHost
    evidence: EvidenceStore
    #: Published campaigns by id, time of publishing and revision: frozen, so that they may be kept for ever.
    campaigns: dict[tuple[int, Any, int], CampaignFacts] = field(default_factory=dict)
    #: Versions of forms that the database is known to hold.
    stored_forms: set[str] = field(default_factory=set)


def runtime() -> Runtime:
    return cast("Runtime", current_app.extensions[EXTENSION])
