"""The plugin's only door: everything that a plugin may import from Dudao.

from core.api import Duty, Photos, Plugin, ReportForm, UnitKind, UnitType, hookimpl, metric, weekly
"""

from core.api.build import (
    choice,
    choices,
    date_field,
    datetime_field,
    decimal,
    long_text,
    metric,
    money,
    rows,
    text,
    url,
    whole,
    yes_no,
)
from core.api.cadence import (
    campaign_end,
    campaign_start,
    daily,
    each_phase,
    once,
    phase_end,
    phase_start,
    weekly,
)
from core.api.data import Data, ReadOnly, Rows
from core.api.evidence import NO_EVIDENCE, AnyFiles, Documents, Example, Photos, PhotosOrVideos, Sheets
from core.api.fields import Refused
from core.api.forms import ReportForm
from core.api.hooks import hookimpl
from core.api.jobs import Job
from core.api.pages import SLOTS, Pages, Saved, View, Visit, view
from core.api.rules import all_chosen, at_most_field, inside_period
from core.api.tables import OwnTables
from core.domain.declare import (
    API_VERSION,
    CallbackQuestion,
    Duty,
    Everyone,
    Evidence,
    InspectionItem,
    Plugin,
    UnitKind,
    UnitType,
)
from core.domain.errors import Missing
from core.domain.facts import (
    EVENTS,
    CampaignDays,
    Event,
    EvidenceFact,
    Member,
    Owed,
    Region,
    ReportFact,
    UnitRecord,
)
from core.domain.findings import Finding, ScoreLine
from core.domain.text import Text

__all__ = [
    "API_VERSION",
    "EVENTS",
    "NO_EVIDENCE",
    "SLOTS",
    "AnyFiles",
    "CallbackQuestion",
    "CampaignDays",
    "Data",
    "Documents",
    "Duty",
    "Event",
    "Everyone",
    "Evidence",
    "EvidenceFact",
    "Example",
    "Finding",
    "InspectionItem",
    "Job",
    "Member",
    "Missing",
    "Owed",
    "OwnTables",
    "Pages",
    "Photos",
    "PhotosOrVideos",
    "Plugin",
    "ReadOnly",
    "Refused",
    "Region",
    "ReportFact",
    "ReportForm",
    "Rows",
    "Saved",
    "ScoreLine",
    "Sheets",
    "Text",
    "UnitKind",
    "UnitRecord",
    "UnitType",
    "View",
    "Visit",
    "all_chosen",
    "at_most_field",
    "campaign_end",
    "campaign_start",
    "choice",
    "choices",
    "daily",
    "date_field",
    "datetime_field",
    "decimal",
    "each_phase",
    "hookimpl",
    "inside_period",
    "long_text",
    "metric",
    "money",
    "once",
    "phase_end",
    "phase_start",
    "rows",
    "text",
    "url",
    "view",
    "weekly",
    "whole",
    "yes_no",
]
