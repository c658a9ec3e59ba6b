"""A real HTTP server on this machine that answers as a test tells it to, and remembers what it was asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

JSON = "application/json; charset=utf-8"


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """One answer; ``length`` promises another length than the body has, ``pause`` trickles it byte by byte."""

    status: int = 200
    body: bytes = b"[]"
    headers: Mapping[str, str] = field(default_factory=dict)
    length: int | None = None
    pause: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """One request as it came."""

    path: str
    headers: Mapping[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Server:
    """The server's address, and what it was asked so far."""

    url: str
    asked: list[Asked]


def release(tag: str, **more: object) -> dict[str, object]:
    """Give a release as the API gives it; its title is wrong on purpose."""
    return {
        "tag_name": tag,
        "name": "v99.0.0",
        "draft": False,
        "prerelease": False,
        "published_at": "2026-01-02T23:30:00Z",
        "body": "## Modules affected\n- `ecs-deploy-runner`\n",
    } | more


def page(*releases: object, following: str | None = None, headers: Mapping[str, str] | None = None) -> Answer:
    """Give a page of releases, with the address of the next."""
    link = {"Link": f'<{following}>; rel="next", <x>; rel="last"'} if following else {}
    return Answer(body=json.dumps(releases).encode(), headers={"Content-Type": JSON, **link, **(headers or {})})


@contextmanager
def serve(answer: Callable[[Asked, str], Answer | None]) -> Iterator[Server]:
    """Serve until the block ends; ``answer`` gets the request and the server's address, None drops the connection."""
    asked: list[Asked] = []
    stop = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        """Answers as told."""

        def do_GET(self) -> None:
            """Answer a request."""
            request = Asked(path=self.path, headers=dict(self.headers.items()))
            asked.append(request)
            told = answer(request, url)
            if told is None:
                self.close_connection = True
                return
            self.send_response(told.status)
            for name, value in told.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(told.body) if told.length is None else told.length))
            self.end_headers()
            for start in range(0, len(told.body), 1 if told.pause else len(told.body)):
                self.wfile.write(told.body[start:] if not told.pause else told.body[start : start + 1])
                self.wfile.flush()
                if told.pause and stop.wait(told.pause):
                    return
            self.close_connection = told.length is not None

        def do_CONNECT(self) -> None:
            """Answer a client that takes this for its proxy."""
            self.do_GET()

        def handle(self) -> None:
            """Serve a connection; a client may leave at any time."""
            with suppress(ConnectionError):
                super().handle()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield Server(url=url, asked=asked)
        finally:
            stop.set()
            server.shutdown()
            thread.join()
