"""A real PostgreSQL of a test session's own: in a temporary folder, reachable by a socket only, gone afterwards."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

NOBODY = "nobody"


def binaries() -> Path | None:
    """Find the folder with the newest server's programs: Debian keeps them off PATH, one folder a version."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    on_path = shutil.which("initdb")
    return found[-1].parent if found else Path(on_path).parent if on_path else None


@contextmanager
def server(programs: Path) -> Iterator[str]:
    """Run a server, and give the address of its database ``postgres`` without one's name in it."""
    # Not the temporary folder of the test: the path of a socket has at most 107 characters.
    with tempfile.TemporaryDirectory(prefix="pa-pg-", dir="/tmp") as name:
        folder = Path(name)
        data, log = folder / "data", folder / "log"
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            nobody = pwd.getpwnam(NOBODY)
            os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        _run(programs / "initdb", "-D", data, "-U", "audit", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C")
        settings = f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c fsync=off -c max_connections=20"
        _run(programs / "pg_ctl", "-D", data, "-l", log, "-o", settings, "-w", "start")
        try:
            yield f"postgresql+psycopg://audit@/{{}}?host={folder}"
        finally:
            _run(programs / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")


def _run(*argv: object) -> None:
    command = [str(part) for part in argv]
    if os.geteuid() == 0:
        command = ["runuser", "-u", NOBODY, "--", *command]
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C"}
    # Not a pipe: the server inherits it and would keep it open.
    with tempfile.TemporaryFile() as said:
        ended = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            check=False,
            timeout=60,
            cwd="/",
            env=environment,
        )
        said.seek(0)
        assert ended.returncode == 0, said.read().decode(errors="replace")
