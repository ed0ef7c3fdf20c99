"""What every command needs: settings, an application context, plain words for what went wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, TypeVar

import click
from flask import Flask

from core.app import create_app
from core.config import Settings, SettingsError, from_environment
from core.domain.access import Everything
from core.domain.errors import DudaoError
from core.store.db import db
from core.store.scope import set_scope
from core.supervisor import SupervisorError

Command = TypeVar("Command", bound=Callable[..., Any])


@contextmanager
def application(settings: Settings | None = None) -> Iterator[Flask]:
    """An application context that works for everything: the command line is the machine's administrator."""
    app = create_app(settings or from_environment())
    with app.app_context():
        set_scope(db.session, Everything("the command line"))
        yield app


def plain_errors(command: Command) -> Command:
    """Show refusals and wrong settings as one sentence instead of a traceback."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except DudaoError as error:
            raise click.ClickException(f"{error.message.pick('en')} · {error.message.zh}") from error
        except (SettingsError, SupervisorError) as error:
            raise click.ClickException(str(error)) from error

    return run  # type: ignore[return-value]
