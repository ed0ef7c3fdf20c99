"""Commands that plugins bring: run with the plugin's data; what they hand over is written in one recorded deed."""

from __future__ import annotations

from collections.abc import Sequence

import click

from core.domain.errors import Conflict, DudaoError, Missing
from core.domain.text import Text
from core.extend.host import HookFailed
from core.services import failures, plugins
from core.services.plugin_data import lent, whole_sight
from core.services.runtime import runtime
from core.services.work import chore


def of(key: str) -> dict[str, click.Command]:
    """A plugin's commands by name. Raises Missing where it is not on, Conflict where it cannot say."""
    if key not in plugins.on():
        raise Missing
    try:
        found = runtime().host.commands(key)
    except HookFailed as failed:
        raise _told(failed) from failed
    return {command.name: command for command in found if command.name}


def run(key: str, group: click.Group, words: Sequence[str]) -> None:
    """Run one command; its context's `obj` is the plugin's `Data`. What click itself refuses is shown as usual."""
    with lent(key, whole_sight(key)) as data:
        try:
            group.main(list(words), prog_name=f"dudao plugin do {key}", obj=data, standalone_mode=False)
        except (click.ClickException, click.Abort, DudaoError):
            raise
        except Exception as error:
            raise _told(HookFailed(key, f"dudao_commands:{words[0]}", error)) from error
    with chore("plugin.deed", "the administrator's command") as done:
        done.about(f"{key}.command"[:40], words[0][:60])
        data.apply(done, f"{words[0]}:{done.at.isoformat()}")


def _told(failed: HookFailed) -> Conflict:
    failures.record([failed])
    return Conflict(
        Text(
            f"插件 {failed.plugin} 出错，事件号 {failed.incident}：{failed.reason}",
            f"Plugin {failed.plugin} failed, incident {failed.incident}: {failed.reason}",
        )
    )
