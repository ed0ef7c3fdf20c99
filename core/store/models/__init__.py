"""All of core's tables."""

from core.store.models.campaigns import Campaign, CampaignDuty, CampaignPhase, Clause
from core.store.models.evidence import (
    BagFile,
    Blob,
    BlobFacts,
    EvidenceFile,
    Mask,
    PictureHash,
    Resemblance,
    Upload,
)
from core.store.models.people import LoginAttempt, LoginSession, PersonGrant, User
from core.store.models.plugins import CheckResult, PluginFailure, PluginState, UnitScore
from core.store.models.records import AuditRecord, Idempotency
from core.store.models.reports import FormVersion, Report, ReportStep
from core.store.models.tallies import TallyLeaf, TallyMetric
from core.store.models.units import Region, Unit, UnitInterval
from core.store.models.work import Notification, OutboxTask, PeriodClosing, Remembered
from core.store.scope import install

install((Report, BagFile, EvidenceFile, Mask, Upload, Unit, TallyLeaf, TallyMetric))

__all__ = [
    "AuditRecord",
    "BagFile",
    "Blob",
    "BlobFacts",
    "Campaign",
    "CampaignDuty",
    "CampaignPhase",
    "CheckResult",
    "Clause",
    "EvidenceFile",
    "FormVersion",
    "Idempotency",
    "LoginAttempt",
    "LoginSession",
    "Mask",
    "Notification",
    "OutboxTask",
    "PeriodClosing",
    "PersonGrant",
    "PictureHash",
    "PluginFailure",
    "PluginState",
    "Region",
    "Remembered",
    "Report",
    "ReportStep",
    "Resemblance",
    "TallyLeaf",
    "TallyMetric",
    "Unit",
    "UnitInterval",
    "UnitScore",
    "Upload",
    "User",
]
