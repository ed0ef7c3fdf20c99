"""A complete report for each of the procuratorates' and courts' duties."""

from plugins.courts import dudao_plugin
from tests.unit_types.helpers import Examples

EXAMPLES = Examples(dudao_plugin())
example = EXAMPLES.of
