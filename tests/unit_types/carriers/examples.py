"""A complete report for each of the carriers' duties."""

from plugins.carriers import dudao_plugin
from tests.unit_types.helpers import Examples

EXAMPLES = Examples(dudao_plugin())
example = EXAMPLES.of
