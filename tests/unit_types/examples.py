"""A complete report for any duty of the bundled plugins, by its code."""

from core.domain.calendar import Span
from tests.unit_types.anti_fraud_centres.examples import example as anti_fraud_centres
from tests.unit_types.banks.examples import example as banks
from tests.unit_types.carriers.examples import example as carriers
from tests.unit_types.city_offices.examples import example as city_offices
from tests.unit_types.common.examples import example as common
from tests.unit_types.courts.examples import example as courts
from tests.unit_types.education.examples import example as education
from tests.unit_types.helpers import Entries, Example
from tests.unit_types.market_regulation.examples import example as market_regulation
from tests.unit_types.other_members.examples import example as other_members

_BY_PREFIX: dict[str, Example] = {
    "GEN": common,
    "CAR": carriers,
    "BNK": banks,
    "EDU": education,
    "MKT": market_regulation,
    "CRT": courts,
    "AFC": anti_fraud_centres,
    "CTY": city_offices,
    "OTH": other_members,
}


def example(code: str, span: Span | None = None) -> Entries:
    """A complete report for the duty; where a date must lie inside the period, give the period's span."""
    return _BY_PREFIX[code[:3]](code, span)
