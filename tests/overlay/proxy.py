"""The overlay itself: an HTTP/1.1 server that forwards to moto, patches, strikes and counts."""

from __future__ import annotations

import random
import socket
import struct
import threading
from collections import Counter
from contextlib import contextmanager
from dataclasses import replace
from fnmatch import fnmatchcase
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tests.overlay import patches
from tests.overlay import request as requests
from tests.overlay.faults import Fault, Pages, Reply, Reset, Rule, Silence, Trickle, Truncate, error, query_error

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.overlay.request import Request

BASE_ACCOUNT = "123456789012"
_HOP_BY_HOP = frozenset({"connection", "content-length", "transfer-encoding", "date", "server", "keep-alive"})


class Overlay:
    """What the proxy is told, and what it saw; made anew for each test."""

    def __init__(self, upstream: str, *, rules: Sequence[Rule] = (), page_size: int = 100, seed: int = 7) -> None:
        self.upstream = urlsplit(upstream).netloc
        self.rules = list(rules)
        self.page_size = page_size
        self.url = ""
        self.calls: Counter[tuple[str, str]] = Counter()
        self.external_ids: dict[str, str] = {}
        self.ended = threading.Event()
        self._random = random.Random(seed)  # noqa: S311 -- which calls fail must be the same in each run
        self._lock = threading.Lock()
        self._accounts: dict[str, str] = {}
        self._expired: set[str] = set()
        self._latest: dict[str, str] = {}

    def count(self, call: str = "*", account: str = "*") -> int:
        """Say how many requests came in for a call by an account, faults included."""
        with self._lock:
            made = tuple(self.calls.items())
        return sum(number for (name, of), number in made if fnmatchcase(name, call) and fnmatchcase(of, account))

    def expire(self, account: str) -> None:
        """Let the session that this account was last given be over."""
        self._expired.add(self._latest[account])

    def account(self, request: Request) -> str:
        """Say whose key signed a request."""
        return self._accounts.get(request.key, BASE_ACCOUNT)

    def strike(self, request: Request) -> Fault | None:
        """Count a request and choose the fault that it meets, if any."""
        account = self.account(request)
        with self._lock:
            self.calls[request.call, account] += 1
            if request.key in self._expired:
                return (query_error if request.service == "sts" else error)("ExpiredTokenException")
            if self._is_refused(request):
                return query_error("AccessDenied", 403)
            struck = [rule.fault for rule in self.rules if self._strikes(rule, request, account)]
            return struck[0] if struck else None

    def _is_refused(self, request: Request) -> bool:
        """Whether a role asks for another external id than is given; moto takes any."""
        if request.call != "sts:AssumeRole":
            return False
        wanted = self.external_ids.get(request.parameters["RoleArn"])
        return wanted is not None and wanted != request.parameters.get("ExternalId")

    def _strikes(self, rule: Rule, request: Request, account: str) -> bool:
        # A role is asked for with the base credentials: its rule is of the account that the role belongs to.
        role = request.parameters["RoleArn"].split(":")[4] if request.call == "sts:AssumeRole" else account
        if not fnmatchcase(request.call, rule.call) or rule.account not in {None, account, role}:
            return False
        rule.matched += 1
        number = rule.matched - rule.after
        return 0 < number <= (rule.times or number) and self._random.random() < rule.share

    def forward(self, request: Request) -> Reply:
        """Ask moto, and patch what it answers; what it doesn't know at all the overlay answers."""
        if request.call == "iam:SimulatePrincipalPolicy":
            return Reply(body=patches.simulated(request), headers=(("Content-Type", "text/xml"),))
        connection = HTTPConnection(self.upstream, timeout=30)
        try:
            connection.request(request.method, request.path, request.body, dict(request.headers))
            answer = connection.getresponse()
            body = answer.read()
        finally:
            connection.close()
        if answer.status == 200:
            if request.call == "sts:AssumeRole":
                self._learn(request, body)
            body = patches.patch(request, body, page_size=self.page_size)
        headers = tuple((name, value) for name, value in answer.getheaders() if name.lower() not in _HOP_BY_HOP)
        return Reply(status=answer.status, body=body, headers=headers)

    def _learn(self, request: Request, body: bytes) -> None:
        account = request.parameters["RoleArn"].split(":")[4]
        if key := patches.key_of_session(body):
            with self._lock:
                self._accounts[key] = account
                self._latest[account] = key


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, overlay: Overlay) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.overlay = overlay

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: clients that go away are the point."""


class _Handler(BaseHTTPRequestHandler):
    """One connection of a client."""

    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- http.server's name
        """Say nothing."""

    def do_POST(self) -> None:
        """Answer a request of a JSON or query service."""
        self.do_GET()

    def do_DELETE(self) -> None:
        """Answer a request of a REST service."""
        self.do_GET()

    def do_GET(self) -> None:
        """Answer a request, or strike it."""
        overlay = self.server.overlay
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        request = requests.read(self.command, self.path, dict(self.headers.items()), body)
        match overlay.strike(request):
            case None:
                self._send(overlay.forward(request))
            case Reply() as reply:
                self._send(reply)
            case Pages() as pages:
                self._send(pages.answer(request.parameters))
            case Truncate(keep=keep):
                self._send(replace(whole := overlay.forward(request), body=whole.body[:keep]))
            case Trickle(interval=interval):
                self._send(overlay.forward(request), interval)
            case Silence():
                overlay.ended.wait(60)
                self.close_connection = True
            case Reset():
                self._reset()

    def _reset(self) -> None:
        # Lingering for no time makes the kernel send RST instead of FIN.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def _send(self, reply: Reply, interval: float | None = None) -> None:
        self.send_response_only(reply.status)
        for name, value in reply.headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        if interval is None:
            self.wfile.write(reply.body)
            return
        for byte in reply.body:
            self.wfile.write(bytes([byte]))
            self.wfile.flush()
            if self.server.overlay.ended.wait(interval):
                return


@contextmanager
def overlaid(upstream: str, *rules: Rule, page_size: int = 100) -> Iterator[Overlay]:
    """Run the overlay before an emulator on a free port, until the block ends."""
    overlay = Overlay(upstream, rules=rules, page_size=page_size)
    server = _Server(overlay)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    overlay.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield overlay
    finally:
        overlay.ended.set()
        server.shutdown()
        server.server_close()
        thread.join()
