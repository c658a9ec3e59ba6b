"""What a request to AWS asks for: service, operation and whose key signed it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

_SCOPE = re.compile(r"Credential=(?P<key>[^/]+)/\d+/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request")
_LAMBDA = (
    (re.compile(r"GET /2015-03-31/functions/[^/]+/configuration"), "GetFunctionConfiguration"),
    (re.compile(r"POST /2015-03-31/functions"), "CreateFunction"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """One request as it came in."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    service: str
    operation: str
    region: str
    key: str

    @property
    def call(self) -> str:
        """The operation as ``service:Operation``."""
        return f"{self.service}:{self.operation}"

    @property
    def parameters(self) -> dict[str, Any]:
        """The parameters of a JSON or query request."""
        if self.body.startswith(b"{"):
            return dict(json.loads(self.body))
        return {name: values[0] for name, values in parse_qs(self.body.decode()).items()}


def read(method: str, path: str, headers: Mapping[str, str], body: bytes) -> Request:
    """Find out what is asked."""
    found = _SCOPE.search(headers.get("Authorization", ""))
    service = found["service"] if found else ""
    return Request(
        method=method,
        path=path,
        headers=headers,
        body=body,
        service=service,
        operation=_operation(method, path, headers, body),
        region=found["region"] if found else "",
        key=found["key"] if found else "",
    )


def _operation(method: str, path: str, headers: Mapping[str, str], body: bytes) -> str:
    if target := headers.get("X-Amz-Target"):
        return target.rpartition(".")[2]
    if b"Action=" in body:
        return parse_qs(body.decode())["Action"][0]
    line = f"{method} {path.partition('?')[0]}"
    return next((name for pattern, name in _LAMBDA if pattern.fullmatch(line)), "")
