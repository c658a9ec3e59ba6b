"""An endpoint of AWS for benchmarks: asyncio, canned answers, faults and latency by switches, calls counted.

``python -m tests.bench.endpoint [--latency 0.04] [--throttle 0.05] [--reset 0.01] [--broken 0.01] [--idle]`` prints its
port; idle: no task stopped lately, which is one call less. ``GET /counts`` gives the number of calls by operation,
``GET /accounts`` by account, ``GET /reset`` begins anew.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import re
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count

from tests.bench.answers import ANSWERED, REQUEST_ID, account_of, answer, fault, operation

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_END = b"\r\n\r\n"


@dataclass(slots=True)
class Switches:
    """Which share of the calls meets which fault, and how long each takes."""

    latency: float = 0
    throttle: float = 0
    reset: float = 0
    broken: float = 0
    idle: bool = False
    counts: Counter[str] = field(default_factory=Counter)
    accounts: Counter[str] = field(default_factory=Counter)
    numbers: Iterator[int] = field(default_factory=count)
    chance: random.Random = field(default_factory=lambda: random.Random(7))  # noqa: S311 -- the same faults each time


class Connection(asyncio.Protocol):
    """One connection; a protocol and not streams, for the endpoint shares the cores with what is measured."""

    def __init__(self, switches: Switches) -> None:
        self.switches = switches
        self.buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer each request that is whole."""
        self.buffer += data
        while (end := self.buffer.find(_END)) >= 0:
            head = self.buffer[:end]
            found = _LENGTH.search(head)
            stop = end + len(_END) + (int(found[1]) if found else 0)
            if len(self.buffer) < stop:
                return
            body, self.buffer = self.buffer[end + len(_END) : stop], self.buffer[stop:]
            self._take(head, body)

    def _take(self, head: bytes, body: bytes) -> None:
        switches = self.switches
        if head.startswith(b"GET /counts"):
            self._send(200, json.dumps(switches.counts).encode())
        elif head.startswith(b"GET /accounts"):
            self._send(200, json.dumps(switches.accounts).encode())
        elif head.startswith(b"GET /reset"):
            switches.counts.clear()
            switches.accounts.clear()
            switches.chance.seed(7)
            self._send(200, b"")
        elif switches.latency:
            asyncio.get_running_loop().call_later(switches.latency, self._answer, head, body)
        else:
            self._answer(head, body)

    def _answer(self, head: bytes, body: bytes) -> None:
        switches, name = self.switches, operation(head, body)
        switches.counts[name] += 1
        switches.accounts[account_of(head)] += 1
        drawn = switches.chance.random()
        if drawn < switches.throttle:
            self._send(400, fault(name, "ThrottlingException"))
        elif (drawn := drawn - switches.throttle) < switches.reset:
            self.transport.abort()
        elif drawn - switches.reset < switches.broken:
            self._send(503, fault(name, "ServiceUnavailable"))
        elif switches.idle and name == "ListTasks":
            self._send(200, b'{"taskArns": []}')
        elif name in ANSWERED:
            self._send(200, answer(name, head, body))
        else:
            self._send(400, fault(name, "UnknownOperationException"))

    def _send(self, status: int, body: bytes) -> None:
        # As AWS does: an id for each request, for the services of XML in the body.
        id_ = f"{next(self.switches.numbers):08x}-0000-4000-8000-000000000000"
        body = body.replace(REQUEST_ID, id_.encode())
        head = f"HTTP/1.1 {status} x\r\nx-amzn-RequestId: {id_}\r\nContent-Length: {len(body)}\r\n\r\n"
        self.transport.write(head.encode() + body)


async def serve(switches: Switches) -> None:
    """Serve on a free port of loopback until the process ends."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(switches), "127.0.0.1", 0, backlog=512)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


def main() -> None:
    """Read the switches and serve."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("latency", "throttle", "reset", "broken"):
        parser.add_argument(f"--{name}", type=float, default=0)
    parser.add_argument("--idle", action="store_true")
    switches = Switches(**vars(parser.parse_args()))
    with suppress(KeyboardInterrupt):
        asyncio.run(serve(switches))


if __name__ == "__main__":
    main()
