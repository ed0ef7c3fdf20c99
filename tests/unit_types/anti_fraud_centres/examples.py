"""A complete report for each of the anti-fraud centres' duties."""

from plugins.anti_fraud_centres import dudao_plugin
from tests.unit_types.helpers import Examples

EXAMPLES = Examples(dudao_plugin())
example = EXAMPLES.of
