"""A real HTTP server on this machine that takes messages, and a small GitHub with issues behind one."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """One request as it came."""

    method: str
    path: str
    headers: Mapping[str, str]
    text: str

    @property
    def body(self) -> Any:  # noqa: ANN401 -- any JSON
        """Read its body."""
        return json.loads(self.text)


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """One answer; ``pause`` trickles it byte by byte."""

    status: int = 200
    body: object = "ok"
    headers: Mapping[str, str] = field(default_factory=dict)
    pause: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Server:
    """The server's address, and what it was asked so far."""

    url: str
    asked: list[Asked]


@contextmanager
def serve(answer: Callable[[Asked], Answer | None]) -> Iterator[Server]:
    """Serve until the block ends; None drops the connection without an answer."""
    asked: list[Asked] = []
    stop = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        """Answers as told."""

        def take(self) -> None:
            """Take a request of any method."""
            size = int(self.headers.get("Content-Length") or 0)
            text = self.rfile.read(size).decode()
            request = Asked(method=self.command, path=self.path, headers=dict(self.headers.items()), text=text)
            asked.append(request)
            told = answer(request)
            if told is None:
                self.close_connection = True
                return
            content = json.dumps(told.body).encode()
            self.send_response(told.status)
            for name, value in told.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            step = 1 if told.pause else len(content)
            for start in range(0, len(content), step):
                self.wfile.write(content[start : start + step])
                self.wfile.flush()
                if told.pause and stop.wait(told.pause):
                    return

        do_GET = do_POST = do_PATCH = take  # noqa: N815 -- the names that http.server looks for

        def handle(self) -> None:
            """Serve a connection; a client may leave at any time."""
            with suppress(ConnectionError):
                super().handle()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield Server(url=f"http://127.0.0.1:{server.server_port}", asked=asked)
        finally:
            stop.set()
            server.shutdown()
            thread.join()


@dataclass(slots=True)
class GitHub:
    """The issues of one repository, as the API of GitHub keeps them; without push access labels are dropped."""

    issues: list[dict[str, Any]] = field(default_factory=list)
    comments: dict[int, list[str]] = field(default_factory=dict)
    takes_labels: bool = True
    per_page: int = 100

    def __call__(self, asked: Asked) -> Answer:
        """Answer one request."""
        url = urlsplit(asked.path)
        parts = url.path.removeprefix("/repos/acme/infra/issues").strip("/").split("/")
        if asked.headers.get("Authorization") != "Bearer secret-token":
            return Answer(status=401, body={})
        if asked.method == "GET":
            return self._page(parse_qs(url.query), asked.headers["Host"])
        if asked.method == "PATCH":
            self.issues[int(parts[0]) - 1].update(asked.body)
            return Answer(body=self.issues[int(parts[0]) - 1])
        if parts[-1] == "comments":
            self.comments.setdefault(int(parts[0]), []).append(asked.body["body"])
            return Answer(status=201, body={})
        return Answer(status=201, body=self.add(**asked.body))

    def add(self, **values: Any) -> dict[str, Any]:  # noqa: ANN401 -- any JSON
        """Open an issue."""
        made = {"number": len(self.issues) + 1, "state": "open", **values}
        if not self.takes_labels:
            made["labels"] = []
        self.issues.append(made)
        return made

    def _page(self, query: Mapping[str, list[str]], host: str) -> Answer:
        found = [
            issue
            for issue in self.issues
            if query["state"][0] in ("all", issue["state"])
            and set(query.get("labels", [])) <= set(issue.get("labels", []))
        ]
        number = int(query.get("page", ["1"])[0])
        shown = found[(number - 1) * self.per_page : number * self.per_page]
        more = number * self.per_page < len(found)
        words = "&".join(f"{name}={value[0]}" for name, value in query.items() if name != "page")
        link = f'<http://{host}/repos/acme/infra/issues?{words}&page={number + 1}>; rel="next"'
        return Answer(body=shown, headers={"Link": link} if more else {})
