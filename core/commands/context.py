"""What every command needs: settings, an application context, plain words for what went wrong."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import wraps
from typing import Any, TypeVar

import click
from flask import Flask
from sqlalchemy.exc import DatabaseError

from core.app import create_app
from core.config import Settings, SettingsError, from_environment
from core.domain.access import Everything
from core.domain.errors import DudaoError
from core.store import migrations
from core.store.db import db
from core.store.scope import set_scope
from core.supervisor import SupervisorError

#: What a demo remembers between starts.
DEMO = "demo.json"

Command = TypeVar("Command", bound=Callable[..., Any])


@contextmanager
def application(settings: Settings | None = None) -> Iterator[Flask]:
    """An application context that works for everything: the command line is the machine's administrator."""
    app = create_app(settings or _as_demo(from_environment()))
    with app.app_context():
        set_scope(db.session, Everything("the command line"))
        yield app


def _as_demo(settings: Settings) -> Settings:
    """On a demo's data a command goes by the demo's clock."""
    path = settings.data / DEMO
    if settings.clock_offset or not path.exists():
        return settings
    offset = json.loads(path.read_text("utf-8"))["clock_offset"]
    return settings.for_demo(timedelta(seconds=offset))


def _has_tables() -> bool:
    with application():
        return migrations.current() is not None


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
        except DatabaseError as error:
            if _has_tables():
                raise
            raise click.ClickException(
                "there is no installation in this data folder yet (DUDAO_DATA): set one up with `dudao init`, "
                "or name the folder of the demo"
            ) from error

    return run  # type: ignore[return-value]
