"""A complete report for each of the city and county offices' duties."""

from plugins.city_offices import dudao_plugin
from tests.unit_types.helpers import Examples

EXAMPLES = Examples(dudao_plugin())
example = EXAMPLES.of
