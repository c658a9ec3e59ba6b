"""Where a history is kept: ``sqlite:///path`` or ``postgresql+psycopg://…``, checked before any work is done.

The address may hold a password: it is shown without user, password and options, here and in every message.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from audit.errors import UsageError
from audit.text import one_line

_FORMS = "give it as sqlite:///path/to/history.db or postgresql+psycopg://user@host/database"


@dataclass(frozen=True, kw_only=True, slots=True)
class Address:
    """A checked address; ``shown`` is what may be said of it."""

    url: URL = field(repr=False)
    shown: str

    @property
    def file(self) -> Path | None:
        """The file of an SQLite history, None for PostgreSQL."""
        return Path(self.url.database or "") if self.url.get_backend_name() == "sqlite" else None

    def reason(self, error: Exception) -> str:
        """Say in one line why it could not be used, without anything secret that a driver may quote."""
        said = str(getattr(error, "orig", None) or error).strip().splitlines() or [type(error).__name__]
        text = said[0]
        secrets = [self.url.render_as_string(hide_password=False), str(self.url.password or "")]
        for secret in (*secrets, *(str(value) for value in self.url.query.values())):
            text = text.replace(secret, "***") if secret else text
        return one_line(text, 200)


def parse(text: str) -> Address:
    """Check an address; UsageError, which never quotes it, where it can't be one or its driver is missing."""
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise UsageError(f"--history: not an address of a database; {_FORMS}") from None
    if url.drivername == "sqlite":
        return _sqlite(url)
    if url.drivername != "postgresql+psycopg":
        raise UsageError(f"--history: a history is kept in SQLite or PostgreSQL (by psycopg); {_FORMS}")
    if find_spec("psycopg") is None:
        raise UsageError(
            "--history: PostgreSQL needs psycopg: install pipelines-audit[history] from where this one came from"
        )
    return Address(url=url, shown=one_line(f"PostgreSQL {url.host or 'on this machine'}/{url.database or ''}", 120))


def _sqlite(url: URL) -> Address:
    name = url.database or ""
    if url.host or url.query or not name or name.startswith(("file:", ":")):
        raise UsageError(f"--history: name a file, without options; {_FORMS}")
    return Address(url=url, shown=one_line(name, 120))
