"""Stands in for the AWS CLI: the few commands that a plan uses, asked of the emulated AWS by its own protocols.

It answers the program ``aws`` on PATH, which is a shell script that passes its words on: a Python for each call would
cost ten times as much.
"""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from http.client import HTTPConnection
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from jmespath import search  # type: ignore[import-untyped]  # it has no types

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

TARGETS = {"ecs": "AmazonEC2ContainerServiceV20141113", "ecr": "AmazonEC2ContainerRegistry_V20150921"}
OWN = ("query", "output", "region")


class _Server(ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, endpoint: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.endpoint = urlsplit(endpoint).netloc


class _Handler(StreamRequestHandler):
    """One call: a line with the key and the words, answered by a line with the exit code, and the output."""

    server: _Server

    def handle(self) -> None:
        """Answer."""
        key, *words = self.rfile.readline().decode().rstrip("\n").split("\x1f")
        code, text = called(self.server.endpoint, key, *words)
        self.wfile.write(f"{code}\n{text}\n".encode())


@contextmanager
def cloud(endpoint: str) -> Iterator[int]:
    """Answer calls of ``aws`` until the block ends; gives the port."""
    server = _Server(endpoint)
    thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def called(endpoint: str, key: str, service: str, operation: str, *words: str) -> tuple[int, str]:
    """Ask, and write what was asked for as the AWS CLI does with ``--output text``."""
    options = {word.removeprefix("--"): value for word, value in zip(words[::2], words[1::2], strict=True)}
    region = options.get("region", "us-west-2")
    scope = f"{key}/20261124/{region}/{service}/aws4_request"
    signed = {"Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"}
    asked = {name: value for name, value in options.items() if name not in OWN}
    status, answer = _ask(endpoint, signed, service, operation, asked)
    if status not in (200, 204):
        return 254, f"An error occurred: {answer}"
    return 0, _text(search(options["query"], answer) if "query" in options else answer)


def _ask(
    endpoint: str, signed: Mapping[str, str], service: str, operation: str, options: Mapping[str, str]
) -> tuple[int, Any]:
    headers = dict(signed)
    method, path, body = "POST", "/", ""
    if service == "sts":
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        body = "Action=GetCallerIdentity&Version=2011-06-15"
    elif service == "lambda":
        path = f"/2015-03-31/functions/{options['function-name']}"
        method, path = ("DELETE", path) if operation == "delete-function" else ("GET", f"{path}/configuration")
    else:
        name = "".join(part.title() for part in operation.split("-"))
        headers |= {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": f"{TARGETS[service]}.{name}"}
        body = json.dumps({_camel(key): _value(key, value) for key, value in options.items()})
    connection = HTTPConnection(endpoint, timeout=30)
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    content = answer.read().decode()
    connection.close()
    if answer.status not in (200, 204):
        return answer.status, content
    if service == "sts":
        return 200, {key: re.findall(f"<{key}>(.*?)</{key}>", content)[0] for key in ("Account", "Arn")}
    return 200, json.loads(content or "{}")


def _camel(word: str) -> str:
    first, *others = word.split("-")
    return first + "".join(part.title() for part in others)


def _value(key: str, value: str) -> Any:  # noqa: ANN401 -- JSON
    """Read a value, in JSON or in the short form of lists of structures."""
    if value[:1] == "[":
        return json.loads(value)
    return [dict([value.split("=", 1)])] if key == "image-ids" else value


def _text(found: Any) -> str:  # noqa: ANN401 -- JSON
    if isinstance(found, list):
        return "\t".join(map(_text, found))
    return json.dumps(found) if isinstance(found, dict) else str(found)
