"""Addresses of histories: a new SQLite file, or a new database in a PostgreSQL that the session starts itself."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.verdict.history import postgres

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """Give the address of a server, with room for the name of a database."""
    programs = postgres.binaries()
    if programs is None:
        pytest.skip("no PostgreSQL server is installed (Debian: apt-get install postgresql): SQLite alone was tried")
    with postgres.server(programs) as address:
        yield address


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give the address of an empty history."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'history.db'}"
    address: str = request.getfixturevalue("postgresql")
    return new_database(address)


def new_database(address: str) -> str:
    """Make a database in a server and give its address."""
    name = f"history_{uuid.uuid4().hex}"
    plain = address.format("postgres").replace("+psycopg", "")
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    return address.format(name)
