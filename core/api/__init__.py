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
from core.api.evidence import NO_EVIDENCE, AnyFiles, Documents, Photos, PhotosOrVideos, Sheets
from core.api.forms import ReportForm
from core.api.hooks import hookimpl
from core.api.rules import all_chosen, at_most_field, inside_period
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
from core.domain.text import Text

__all__ = [
    "API_VERSION",
    "NO_EVIDENCE",
    "AnyFiles",
    "CallbackQuestion",
    "Documents",
    "Duty",
    "Everyone",
    "Evidence",
    "InspectionItem",
    "Photos",
    "PhotosOrVideos",
    "Plugin",
    "ReportForm",
    "Sheets",
    "Text",
    "UnitKind",
    "UnitType",
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
    "weekly",
    "whole",
    "yes_no",
]
