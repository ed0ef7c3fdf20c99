"""A complete report for the other member units' duty."""

from plugins.other_members import dudao_plugin
from tests.unit_types.helpers import Examples

EXAMPLES = Examples(dudao_plugin())
example = EXAMPLES.of
