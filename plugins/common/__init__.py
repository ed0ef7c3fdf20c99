"""What every unit owes, whatever its type: plan, team, daily work report, phase summary, final report."""

from core.api import Plugin, hookimpl
from plugins.common.duties import DUTIES
from plugins.common.inspection import CALLBACKS


@hookimpl
def dudao_plugin() -> Plugin:
    return Plugin(
        "common",
        ("通用职责", "Duties of every unit"),
        "1.0",
        duties=DUTIES,
        callbacks=CALLBACKS,
        summary=(
            "所有成员单位共同的职责：方案、专班、每日报送、阶段小结、活动总结。",
            "What every member unit owes: plan, team, daily work report, phase summary and final report.",
        ),
    )
