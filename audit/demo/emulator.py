"""AWS, emulated by moto's real HTTP server in this process, on a loopback port of its own, until the block ends."""

from __future__ import annotations

import os
import socket
from contextlib import contextmanager
from threading import Thread
from typing import TYPE_CHECKING

import requests

from audit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from werkzeug.serving import ThreadedWSGIServer

LOOPBACK = "127.0.0.1"
_TIMEOUT = 30


@contextmanager
def emulator(port: int = 0) -> Iterator[str]:
    """Serve an empty AWS and give its endpoint; port 0 takes a free one.

    When the block ends, the port is closed, the threads are gone and what was seeded is forgotten.
    """
    with socket.socket() as listening:
        _listen(listening, port)
        server = _server(listening)
        # The interval bounds how long stopping takes.
        thread = Thread(target=server.serve_forever, args=(0.05,), name="aws-emulator", daemon=True)
        thread.start()
        endpoint = f"http://{LOOPBACK}:{server.port}"
        try:
            _reset(endpoint)
            try:
                yield endpoint
            finally:
                _reset(endpoint)
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


def _listen(listening: socket.socket, port: int) -> None:
    # Bound here, not by werkzeug: it ends the whole process where the port is taken.
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((LOOPBACK, port))
    except OSError as error:
        raise UsageError(f"port {port} of {LOOPBACK}: {os.strerror(error.errno or 0)}; give another one") from None
    listening.listen(128)


def _server(listening: socket.socket) -> ThreadedWSGIServer:
    try:
        # An extra that may not be there, and that no other command should pay for.
        from moto.moto_server.werkzeug_app import (  # noqa: PLC0415 -- as above
            DomainDispatcherApplication,
            MotoRequestHandler,
            create_backend_app,
        )
        from werkzeug.serving import ThreadedWSGIServer  # noqa: PLC0415 -- comes with moto's server
    except ModuleNotFoundError as error:
        raise UsageError(
            f"the demo needs the extra 'demo' ({error.name} is not installed): "
            "run make install in a checkout, or install pipelines-audit[demo] from where this one came from"
        ) from None

    class Quiet(MotoRequestHandler):
        """No request log; one connection a request, so that no idle one keeps a thread when the server stops."""

        protocol_version = "HTTP/1.0"
        timeout = 5  # for a caller that connects and says nothing

        def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 -- werkzeug's name
            """Say nothing: what goes wrong, the caller hears as a reply."""

    server = ThreadedWSGIServer(
        LOOPBACK,
        listening.getsockname()[1],
        DomainDispatcherApplication(create_backend_app),
        Quiet,
        fd=listening.fileno(),
    )
    # So that closing the server waits for the requests it is still answering.
    server.daemon_threads = False
    return server


def _reset(endpoint: str) -> None:
    # Its own session, deaf to the environment: a proxy has no business with loopback.
    with requests.Session() as session:
        session.trust_env = False
        session.post(f"{endpoint}/moto-api/reset", timeout=_TIMEOUT).raise_for_status()


def settings(endpoint: str) -> Mapping[str, str]:
    """Give the environment with which AWS's tools talk to the emulator and to nothing else."""
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "demo",
        "AWS_SECRET_ACCESS_KEY": "demo",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "NO_PROXY": LOOPBACK,
        "no_proxy": LOOPBACK,
    }


_FOREIGN = ("AWS_", "PIPELINES_AUDIT_")


@contextmanager
def environment(values: Mapping[str, str]) -> Iterator[None]:
    """Put ``values`` in place of every AWS setting and every option of ours, and all back as it was afterwards."""
    before = dict(os.environ)
    for name in before:
        if name.startswith(_FOREIGN):
            del os.environ[name]
    os.environ.update(values)
    try:
        yield
    finally:
        for name in set(os.environ) - set(before):
            del os.environ[name]
        os.environ.update(before)
