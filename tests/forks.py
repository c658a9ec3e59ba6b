"""The command in processes of its own that don't start from nothing: a server imports it once and forks for each call.

A dozen nights call it some thirty times; starting up would be four fifths of their cost. Each call has its own process,
folder, environment and streams, and ends with its own exit code.
"""

from __future__ import annotations

import contextlib
import gc
import io
import json
import os
import socket
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from tests.processes import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

# What stands on PATH for the command: hands its streams and arguments over, and waits for the exit code.
CLIENT = """#!{python} -SE
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as server:
    server.connect({place!r})
    call = json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()
    socket.send_fds(server, [len(call).to_bytes(4, "big")], [0, 1, 2])
    server.sendall(call)
    sys.exit(server.recv(1)[0])
"""


@contextmanager
def served(folder: Path) -> Iterator[None]:
    """Put the command into ``folder`` and serve it until the block ends."""
    place = folder / "forks"
    client = folder / "pipelines-audit"
    client.write_text(CLIENT.format(python=sys.executable, place=str(place)))
    client.chmod(0o755)
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "COVERAGE"))}
    command = [sys.executable, "-m", "tests.forks", str(place)]
    with subprocess.Popen(command, cwd=ROOT, env=clean, stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        assert server.stdout.readline() == b"ready\n"
        try:
            yield
        finally:
            server.terminate()


def serve(place: str) -> None:
    """Answer calls one by one."""
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        _warm(Path(folder))
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(place)
        listening.listen()
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while True:
            connection, _ = listening.accept()
            with connection:
                _answer(connection)


def _warm(folder: Path) -> None:
    """Read, judge and write everything once, so that whatever that loads is there for every call."""
    from audit import snapshot as snapshots
    from audit.cli import main
    from audit.cli.commands import COMMANDS
    from audit.demo.sample import export
    from tests.nouns import snapshot

    for module, _ in COMMANDS.values():
        import_module(f"audit.cli.{module}")
    for module in ("audit.look.once", "audit.running.session", "botocore.session"):
        import_module(module)
    snapshots.save(snapshot(), folder / "s.json")
    reports = [part for form in ("html", "json", "junit", "sarif") for part in ("--report", f"{form}={folder / form}")]
    main(["check", "--snapshot", str(folder / "s.json"), "--history", f"sqlite:///{folder}/h.db", *reports])
    main(["declared", "--infra-live", str(export(folder / "live"))])
    gc.collect()
    gc.freeze()  # else each call walks over, and so copies, what it has from here


def _answer(connection: socket.socket) -> None:
    size, streams, _, _ = socket.recv_fds(connection, 4, 3)
    call = b""
    while len(call) < int.from_bytes(size, "big"):
        call += connection.recv(1 << 16)
    child = os.fork()
    if not child:
        os._exit(_run(call, streams))
    for stream in streams:
        os.close(stream)
    connection.sendall(bytes([os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])]))


def _run(call: bytes, streams: list[int]) -> int:
    from audit.cli import main

    argv, folder, environment = json.loads(call)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    code = main(argv)
    sys.stdout.flush()
    sys.stderr.flush()
    return code


if __name__ == "__main__":
    serve(sys.argv[1])
