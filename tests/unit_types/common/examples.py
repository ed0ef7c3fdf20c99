"""A complete report for each duty of every unit."""

from plugins.common import dudao_plugin
from tests.unit_types.helpers import Examples

EXAMPLES = Examples(dudao_plugin())
example = EXAMPLES.of
