"""A real HTTP server on this machine that speaks as much of GitHub's API as a pull request needs, and remembers."""

from __future__ import annotations

import json
import re
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

REPOSITORY = "example/infrastructure-live"
TOKENS: dict[str, dict[str, Any]] = {
    "good": {"push": True, "ask": True},
    "reader": {"push": False, "ask": False},
    "pusher": {"push": True, "ask": False},
}


@dataclass(kw_only=True, slots=True)
class Hub:
    """Its address, the pull requests that are open, and how it was asked; ``fault`` answers in its place."""

    url: str = ""
    pulls: list[dict[str, Any]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    default_branch: object = "main"
    fault: tuple[str, int, bytes] | None = None

    def answer(self, method: str, path: str, token: str, content: dict[str, Any]) -> tuple[int, object]:
        """Answer a request as GitHub does."""
        parts = urlsplit(path)
        rights = TOKENS.get(token, {})
        if not rights or not parts.path.startswith(f"/repos/{REPOSITORY}"):
            return (404, {"message": "Not Found"}) if rights else (401, {"message": "Bad credentials"})
        match method, parts.path.removeprefix(f"/repos/{REPOSITORY}"):
            case "GET", "":
                return 200, {"default_branch": self.default_branch, "permissions": {"push": rights["push"]}}
            case "GET", "/pulls":
                owner, _, branch = parse_qs(parts.query)["head"][0].partition(":")
                return 200, [one for one in self.pulls if one["head"]["ref"] == branch and owner == "example"]
            case "POST", "/pulls" if rights["ask"]:
                made = {**content, "number": len(self.pulls) + 1, "head": {"ref": content["head"]}}
                made["html_url"] = f"https://git.example.com/{REPOSITORY}/pull/{made['number']}"
                self.pulls.append(made)
                return 201, made
            case "PATCH", rest if (found := re.fullmatch(r"/pulls/(\d+)", rest)) and rights["ask"]:
                self.pulls[int(found[1]) - 1].update(content)
                return 200, self.pulls[int(found[1]) - 1]
            case _:
                return 403, {"message": "Resource not accessible by personal access token"}


@contextmanager
def serve() -> Iterator[Hub]:
    """Serve until the block ends."""
    hub = Hub()

    class Handler(BaseHTTPRequestHandler):
        """Asks the hub."""

        def handle_any(self) -> None:
            """Answer any method."""
            length = int(self.headers.get("Content-Length") or 0)
            content = json.loads(self.rfile.read(length) or b"{}")
            hub.asked.append(f"{self.command} {urlsplit(self.path).path}")
            token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
            if hub.fault and hub.fault[0] == self.command:
                status, body = hub.fault[1:]
            else:
                status, found = hub.answer(self.command, self.path, token, content)
                body = json.dumps(found).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PATCH = handle_any  # noqa: N815 -- the names that http.server asks for

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        hub.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield hub
        finally:
            server.shutdown()
            thread.join()
