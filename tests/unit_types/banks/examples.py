"""A complete report for each of the banks' duties."""

from plugins.banks import dudao_plugin
from tests.unit_types.helpers import Examples

EXAMPLES = Examples(dudao_plugin())
example = EXAMPLES.of
