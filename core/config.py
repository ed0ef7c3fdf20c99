"""Settings from ``DUDAO_*`` variables, read once; a wrong one stops the start and names the variable."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import quote
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import core

MEGABYTE = 1024 * 1024
#: Largest request body in bytes: nine photographs from a phone and a film, and the form around them.
MAX_BODY = 256 * 1024 * 1024
#: Largest evidence file in bytes that the plain form takes; resumable uploads take more.
MAX_FILE = 64 * 1024 * 1024
#: Evidence in S3. Credentials come the usual AWS way, never from the address.
_S3 = re.compile(
    r"s3://[a-z0-9][a-z0-9.-]{1,62}(/[A-Za-z0-9._~/-]*)?"
    r"(\?(&?(endpoint=https?://[^/\s?#&@]+/?|region=[a-z0-9-]+|addressing=(path|virtual|auto)))*)?"
)
_SOCKET = "redis.sock"
#: Bytes that every system allows in a unix socket's address (Linux has 107, macOS 103).
_SOCKET_ROOM = 100


class SettingsError(Exception):
    """A setting is missing or wrong. The message names the variable and what to do."""


@dataclass(frozen=True)
class Settings:
    """Everything that differs between two installations; nothing else reads the environment."""

    data: Path
    database_url: str
    redis_url: str | None
    evidence_url: str
    secret_key: str
    base_url: str | None
    timezone: ZoneInfo
    plugins_dir: Path | None
    plugins_off: frozenset[str]
    testing: bool
    clock_offset: timedelta
    fault: str | None
    demo: bool = False
    proxies: int = 0
    trace: bool = False
    #: Where clamd listens: ``unix:///PATH`` or ``tcp://HOST:PORT``.
    clamd: str | None = None
    #: Largest evidence file in bytes that a resumable upload brings.
    max_file: int = 2048 * MEGABYTE
    #: How many bytes and files a unit's evidence bag takes.
    unit_bytes: int = 20480 * MEGABYTE
    unit_files: int = 20000
    #: Who sends evidence bytes to browsers: nobody but us, ``nginx:/PREFIX/`` or ``s3``.
    offload: str = ""

    @property
    def spool(self) -> Path:
        """Where evidence is kept until an S3 store is known to have it."""
        return self.data / "spool"

    @property
    def run_dir(self) -> Path:
        """Short-lived files of the running system: the Redis socket and its pid file.

        A unix socket's address has little room, so a data folder with a long name gets a short one elsewhere.
        """
        inside = self.data / "run"
        if len(os.fsencode(inside / _SOCKET)) <= _SOCKET_ROOM:
            return inside
        digest = hashlib.sha256(os.fsencode(self.data)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"dudao-{os.getuid()}-{digest}"

    @property
    def redis_socket(self) -> Path:
        """Where the embedded Redis listens."""
        return self.run_dir / _SOCKET

    @property
    def redis_address(self) -> str:
        """The configured Redis, else the embedded one on its unix socket."""
        return self.redis_url or f"unix://{quote(str(self.redis_socket))}"

    @property
    def https(self) -> bool:
        return (self.base_url or "").startswith("https://")

    def environment(self) -> dict[str, str]:
        """The same settings as variables, for a child process."""
        values = {
            "DUDAO_DATA": str(self.data),
            "DUDAO_DATABASE_URL": self.database_url,
            "DUDAO_REDIS_URL": self.redis_url or "",
            "DUDAO_EVIDENCE_URL": self.evidence_url,
            "DUDAO_SECRET_KEY": self.secret_key,
            "DUDAO_BASE_URL": self.base_url or "",
            "DUDAO_TIMEZONE": self.timezone.key,
            "DUDAO_PLUGINS_DIR": str(self.plugins_dir or ""),
            "DUDAO_PLUGINS_OFF": ",".join(sorted(self.plugins_off)),
            "DUDAO_CLOCK_OFFSET": str(int(self.clock_offset.total_seconds())),
            "DUDAO_DEMO": "1" if self.demo else "",
            "DUDAO_PROXIES": str(self.proxies),
            "DUDAO_TRACE": "1" if self.trace else "",
            "DUDAO_CLAMD": self.clamd or "",
            "DUDAO_MAX_FILE_MB": str(self.max_file // MEGABYTE),
            "DUDAO_UNIT_QUOTA_MB": str(self.unit_bytes // MEGABYTE),
            "DUDAO_UNIT_FILES": str(self.unit_files),
            "DUDAO_OFFLOAD": self.offload,
        }
        if self.testing:
            values |= {"DUDAO_TESTING": "1", "DUDAO_FAULT": self.fault or ""}
        return values

    def for_demo(self, clock_offset: timedelta) -> Settings:
        """The same installation as a demo, its clock moved."""
        return replace(self, clock_offset=clock_offset, demo=True)


def from_environment(environ: Mapping[str, str] | None = None, *, data: Path | None = None) -> Settings:
    """Read the settings. `data` overrides ``DUDAO_DATA`` (default: ``./dudao-data``)."""
    env = os.environ if environ is None else environ
    folder = (data or Path(env.get("DUDAO_DATA") or "dudao-data")).expanduser().resolve()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    testing = env.get("DUDAO_TESTING") == "1"
    for name in ("DUDAO_NOW", "DUDAO_FAULT"):
        if env.get(name) and not testing:
            raise SettingsError(f"{name} is for tests only: unset it, or set DUDAO_TESTING=1")
    zone = _timezone(env.get("DUDAO_TIMEZONE") or "Asia/Shanghai")
    evidence_url = _evidence(env.get("DUDAO_EVIDENCE_URL") or (folder / "evidence").as_uri())
    return Settings(
        data=folder,
        database_url=_database(
            env.get("DUDAO_DATABASE_URL") or f"sqlite:///{quote(str(folder / 'dudao.sqlite3'))}"
        ),
        redis_url=env.get("DUDAO_REDIS_URL") or None,
        evidence_url=evidence_url,
        secret_key=_secret(env.get("DUDAO_SECRET_KEY"), folder),
        base_url=_base(env.get("DUDAO_BASE_URL")),
        timezone=zone,
        plugins_dir=_plugins_dir(env.get("DUDAO_PLUGINS_DIR"), folder),
        plugins_off=frozenset(
            key.strip() for key in env.get("DUDAO_PLUGINS_OFF", "").split(",") if key.strip()
        ),
        testing=testing,
        clock_offset=_offset(env, zone),
        fault=env.get("DUDAO_FAULT") or None,
        demo=env.get("DUDAO_DEMO") == "1",
        proxies=_whole(env, "DUDAO_PROXIES"),
        trace=env.get("DUDAO_TRACE") == "1",
        clamd=_clamd(env.get("DUDAO_CLAMD")),
        max_file=_positive(env, "DUDAO_MAX_FILE_MB", 2048) * MEGABYTE,
        unit_bytes=_positive(env, "DUDAO_UNIT_QUOTA_MB", 20480) * MEGABYTE,
        unit_files=_positive(env, "DUDAO_UNIT_FILES", 20000),
        offload=_offload(env.get("DUDAO_OFFLOAD"), evidence_url),
    )


def resource(name: str) -> Path:
    """A folder the product ships beside `core`: ``templates`` or ``migrations``.

    In a checkout they stand at the top level; in an installed wheel they lie inside the package.
    """
    package = Path(core.__file__).resolve().parent
    inside = package / name
    return inside if inside.is_dir() else package.parent / name


def _plugins_dir(value: str | None, folder: Path) -> Path | None:
    """The folder that is named, else ``plugins`` in the data folder where there is one."""
    if value:
        return Path(value).expanduser().resolve()
    own = folder / "plugins"
    return own if own.is_dir() else None


def _timezone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise SettingsError(f"DUDAO_TIMEZONE={name!r} is not a known time zone, e.g. Asia/Shanghai") from None


def _database(url: str) -> str:
    if url.startswith(("postgres://", "postgresql://")):
        return "postgresql+psycopg://" + url.split("://", 1)[1]
    if not url.startswith(("sqlite:///", "postgresql+psycopg://")):
        raise SettingsError(f"DUDAO_DATABASE_URL={url!r}: use sqlite:///FILE or postgresql://USER@HOST/NAME")
    return url


def _base(url: str | None) -> str | None:
    if url and not re.fullmatch(r"https?://[^/\s]+/?", url):
        raise SettingsError(f"DUDAO_BASE_URL={url!r}: use scheme and host, e.g. https://dudao.example.org")
    return url or None


def _evidence(url: str) -> str:
    if not url.startswith("file:///") and not _S3.fullmatch(url):
        raise SettingsError(
            f"DUDAO_EVIDENCE_URL={url!r}: use a folder, file:///PATH, or "
            "s3://BUCKET/PREFIX?endpoint=https://HOST&region=REGION"
        )
    return url


def _clamd(address: str | None) -> str | None:
    if address and not re.fullmatch(r"unix:///\S+|tcp://(\[[0-9a-fA-F:]+\]|[^:/\s]+):[0-9]{1,5}", address):
        raise SettingsError(f"DUDAO_CLAMD={address!r}: use unix:///PATH or tcp://HOST:PORT")
    return address or None


def _offload(value: str | None, evidence_url: str) -> str:
    """Each way of sending needs its kind of store: nginx reads a folder, a link leads to S3."""
    if not value:
        return ""
    if value == "s3":
        needed = "s3://"
    elif re.fullmatch(r"nginx:/([A-Za-z0-9._~-]+/)+", value):
        needed = "file://"
    else:
        raise SettingsError(f"DUDAO_OFFLOAD={value!r}: use nginx:/PREFIX/ or s3")
    if not evidence_url.startswith(needed):
        raise SettingsError(f"DUDAO_OFFLOAD={value!r} needs evidence at {needed}…, see DUDAO_EVIDENCE_URL")
    return value


def _secret(value: str | None, folder: Path) -> str:
    """The configured key, else one made once and kept in the data folder, readable by its owner only."""
    if value:
        if len(value) < 32:
            raise SettingsError("DUDAO_SECRET_KEY is too short: use at least 32 random characters")
        return value
    path = folder / "secret.key"
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text("ascii").strip()
    with os.fdopen(handle, "w", encoding="ascii") as file:
        key = secrets.token_hex(32)
        file.write(key)
    return key


def _offset(env: Mapping[str, str], zone: ZoneInfo) -> timedelta:
    """How far the product's clock is ahead of the machine's: zero, except in tests and in a dated demo."""
    if env.get("DUDAO_NOW"):
        try:
            now = datetime.fromisoformat(env["DUDAO_NOW"])
        except ValueError:
            raise SettingsError("DUDAO_NOW must be an ISO 8601 time, e.g. 2020-11-12T09:00") from None
        now = now if now.tzinfo else now.replace(tzinfo=zone)
        return timedelta(seconds=round((now - datetime.now(zone)).total_seconds()))
    return timedelta(seconds=_whole(env, "DUDAO_CLOCK_OFFSET"))


def _whole(env: Mapping[str, str], name: str) -> int:
    try:
        return int(env.get(name) or 0)
    except ValueError:
        raise SettingsError(f"{name} must be a whole number") from None


def _positive(env: Mapping[str, str], name: str, default: int) -> int:
    number = _whole(env, name) if env.get(name) else default
    if number < 1:
        raise SettingsError(f"{name} must be at least 1")
    return number
