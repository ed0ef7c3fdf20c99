"""The web server: gunicorn with threads, embedded, quiet, and without anything to configure."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.workers.base import Worker

from core import parent
from core.app import create_app
from core.config import Settings
from core.store.db import db

#: Seconds that a request may still take when the server is asked to end; less than the supervisor's patience.
GRACEFUL = 7


def serve(settings: Settings, host: str, port: int, workers: int = 2, threads: int = 12) -> None:
    """Answer requests until a signal ends it."""
    _Web(settings, host, port, workers, threads).run()


class _Web(BaseApplication):
    """Makes the application once, before the workers are forked: a worker that dies is replaced at once."""

    def __init__(self, settings: Settings, host: str, port: int, workers: int, threads: int) -> None:
        self.settings = settings
        self.options: dict[str, object] = {
            "bind": f"[{host}]:{port}" if ":" in host else f"{host}:{port}",
            "worker_class": "gthread",
            "workers": workers,
            "threads": threads,
            "preload_app": True,
            "timeout": 60,
            "graceful_timeout": GRACEFUL,
            "keepalive": 5,
            "accesslog": None,
            "loglevel": "warning",
            "control_socket_disable": True,
            "proc_name": "dudao",
            "worker_tmp_dir": _memory_folder(),
            "post_fork": _after_fork,
        }
        super().__init__()

    def load_config(self) -> None:
        for name, value in self.options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """The Flask application; its type and the one that gunicorn's stubs ask for do not meet."""
        app = create_app(self.settings)
        with app.app_context():
            # Whatever was opened while starting must not be shared by the workers.
            for engine in db.engines.values():
                engine.dispose()
        return app


def _after_fork(arbiter: Arbiter, worker: Worker) -> None:
    parent.die_with(worker.ppid)


def _memory_folder() -> str | None:
    """The workers show that they live by touching a file; on a busy disk that could make them look dead."""
    folder = Path("/dev/shm")  # noqa: S108 (gunicorn makes the file itself, privately, and unlinks it)
    return str(folder) if os.access(folder, os.W_OK) else None
