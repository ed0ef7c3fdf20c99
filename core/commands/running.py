"""Starting the product: whole on one machine, or part by part; and the demo."""

from __future__ import annotations

import ipaddress
import json
import os
import secrets
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

import click

from core import scheduler as scheduling
from core import serve as serving
from core import supervisor
from core import worker as working
from core.commands.context import DEMO, application, plain_errors
from core.config import Settings, from_environment
from core.domain.access import Grant, Reach, Role
from core.services import people, places, plugins, seed, upgrading
from core.services.people import NewPerson
from core.services.runtime import runtime
from core.store import migrations

HOST, PORT = "127.0.0.1", 8000
host_option = click.option("--host", default=HOST, show_default=True, help="Address to listen on.")
port_option = click.option("--port", default=PORT, show_default=True, help="Port to listen on.")


@click.command()
@host_option
@port_option
@click.option("--workers", default=2, show_default=True, help="Web processes.")
@click.option("--threads", default=12, show_default=True, help="Threads of each.")
@plain_errors
def serve(host: str, port: int, workers: int, threads: int) -> None:
    """Run the web server alone."""
    serving.serve(from_environment(), host, port, workers=workers, threads=threads)


@click.command()
@plain_errors
def worker() -> None:
    """Run a background worker (RQ) alone."""
    working.work(from_environment())


@click.command()
@plain_errors
def scheduler() -> None:
    """Run the scheduler alone: one of it for an installation."""
    scheduling.schedule(from_environment())


@click.command()
@plain_errors
def migrate() -> None:
    """Bring the database's tables up to date."""
    with application():
        upgrading.upgrade()
        click.echo(f"tables stand at {migrations.current()}")


@click.command()
@click.option("--login", prompt="登录名 Login of the administrator", help="Login of the first administrator.")
@click.option("--name", prompt="姓名 Name", help="The administrator's name.")
@click.option("--password", prompt="密码 Password", hide_input=True, confirmation_prompt=True)
@plain_errors
def init(login: str, name: str, password: str) -> None:
    """Set up a new installation: tables, regions, plugins, the first administrator."""
    with application():
        upgrading.upgrade()
        people.check_password(password, login, name)
        places.import_regions()
        plugins.enable_all(runtime().registry.plugins)
        people.add_people([NewPerson(login, name, password, (Grant(Role.ADMIN, Reach()),))])
    click.echo("完成 Done. 发布活动 Publish the campaign: dudao publish；启动 start it: dudao run")


@click.command()
@host_option
@port_option
@plain_errors
def run(host: str, port: int) -> None:
    """Run everything on this machine, for real use."""
    settings = from_environment()
    with supervisor.only_one(settings):
        supervisor.check_port(host, port)
        with application(settings):
            upgrading.upgrade()
        code = supervisor.run(settings, host, port, banner=lambda: click.echo(_address(host, port)))
    raise SystemExit(code)


@click.command()
@click.option(
    "--data", type=click.Path(path_type=Path), help="The data folder of the running system [DUDAO_DATA]."
)
@plain_errors
def reload(data: Path | None) -> None:
    """Let a running system take in new and changed plugins: their tables first, then all parts but Redis anew."""
    settings = from_environment(data=data)
    with application(settings):
        upgrading.upgrade()
    supervisor.reload(settings)
    click.echo("the system starts its parts anew; new plugins are switched on with: dudao plugin enable KEY")


@dataclass(frozen=True)
class DemoFacts:
    """What a demo must remember between starts: how its clock was set, and its accounts' password."""

    clock_offset: int
    password: str
    logins: list[str]


@click.command()
@host_option
@port_option
@click.option("--data", type=click.Path(path_type=Path), help="Folder for the demo's data [./dudao-demo].")
@click.option(
    "--today", type=click.DateTime(["%Y-%m-%d"]), help="Start the clock on this day, e.g. 2020-11-12."
)
@click.option("--size", type=click.Choice(list(seed.SIZES)), default="small", show_default=True)
@click.option(
    "--plugins-dir", type=click.Path(path_type=Path, exists=True), help="Folder with plugins to try."
)
@plain_errors
def demo(
    host: str, port: int, data: Path | None, today: datetime | None, size: str, plugins_dir: Path | None
) -> None:
    """Run everything on this machine with demo data, and print address and accounts."""
    if not _loopback(host):
        raise click.ClickException(
            "the demo's password is printed: it listens on 127.0.0.1 only. Use: dudao run"
        )
    environment = dict(os.environ)
    if plugins_dir is not None:
        environment["DUDAO_PLUGINS_DIR"] = str(plugins_dir)
    settings = from_environment(environment, data=data or Path("dudao-demo"))
    with supervisor.only_one(settings):
        supervisor.check_port(host, port)
        facts, settings = _prepare_demo(settings, today.date() if today else None, size)
        code = supervisor.run(settings, host, port, banner=lambda: _banner(facts, host, port))
    raise SystemExit(code)


def _loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _prepare_demo(settings: Settings, today: date | None, size: str) -> tuple[DemoFacts, Settings]:
    """Fill an empty data folder; on a filled one, go on where it was."""
    path = settings.data / DEMO
    known = DemoFacts(**json.loads(path.read_text("utf-8"))) if path.exists() else None
    offset = timedelta(seconds=known.clock_offset) if known else timedelta()
    if today is not None:
        offset = datetime.combine(today, time(9), settings.timezone) - datetime.now(settings.timezone)
    settings = settings.for_demo(offset)
    loading = settings.data / "demo.loading"
    if known is None:
        _clear_half_made(settings, loading)
    with application(settings):
        upgrading.upgrade()
        if known is None:
            click.echo("正在装入演示数据，约十秒 Loading demo data, about ten seconds …")
            password = secrets.token_urlsafe(9)
            weeks = 0 if today else seed.weeks_until_phase(runtime().clock.today())
            known = DemoFacts(0, password, seed.everything(password, size=size, weeks_later=weeks))
            seed.catch_up()
            loading.unlink()
        plugins.enable_all(runtime().registry.plugins)
    facts = DemoFacts(int(offset.total_seconds()), known.password, known.logins)
    path.touch(mode=0o600)
    path.write_text(json.dumps(asdict(facts)), "utf-8")
    return facts, settings


def _clear_half_made(settings: Settings, loading: Path) -> None:
    """A demo whose loading was interrupted begins anew; the mark makes sure that it is a demo's own database."""
    if loading.exists() and settings.database_url.startswith("sqlite"):
        for path in settings.data.glob("dudao.sqlite3*"):
            path.unlink()
    loading.touch()


def _address(host: str, port: int) -> str:
    shown = f"[{host}]" if ":" in host else host
    return f"督导 Dudao: http://{shown}:{port}/    (Ctrl-C 结束 ends it)"


def _banner(facts: DemoFacts, host: str, port: int) -> None:
    click.echo(_address(host, port))
    click.echo(f"密码 Password for all accounts: {facts.password}")
    click.echo("账号 Accounts: " + ", ".join(facts.logins))
