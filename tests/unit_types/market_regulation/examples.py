"""A complete report for each of the market regulation duties."""

from plugins.market_regulation import dudao_plugin
from tests.unit_types.helpers import Examples

EXAMPLES = Examples(dudao_plugin())
example = EXAMPLES.of
