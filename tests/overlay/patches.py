"""What moto leaves out of its answers: pages, registration of task definitions, the end of a session."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from tests.aws import DEV

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.overlay.request import Request

_KEY = re.compile(rb"<AccessKeyId>([^<]+)</AccessKeyId>")
_LISTS = {
    "ListTaskDefinitionFamilies": "families",
    "ListTaskDefinitions": "taskDefinitionArns",
    "ListTasks": "taskArns",
}
# Later than any push, which moto tells by the clock: no tag was moved after its revision was made.
REGISTERED_AT = 4_000_000_000.5
REGISTERED_BY = f"arn:aws:sts::{DEV}:assumed-role/deploy/somebody"


def key_of_session(body: bytes) -> str | None:
    """Find the access key that AssumeRole gave."""
    found = _KEY.search(body)
    return found[1].decode() if found else None


def patch(request: Request, body: bytes, *, page_size: int) -> bytes:
    """Make a good answer of moto's what AWS would have sent."""
    if request.service != "ecs":
        return body
    document: dict[str, Any] = json.loads(body)
    if key := _LISTS.get(request.operation):
        _page(request, document, key, page_size)
    if request.operation == "DescribeTaskDefinition":
        document["taskDefinition"].setdefault("registeredAt", REGISTERED_AT)
        document["taskDefinition"].setdefault("registeredBy", REGISTERED_BY)
    return json.dumps(document).encode()


def simulated(request: Request) -> bytes:
    """Answer IAM's simulation: what a role could change of itself is denied, all of Lambda is allowed."""
    actions = [value for name, value in sorted(request.parameters.items()) if name.startswith("ActionNames.member.")]
    return simulation({action: "allowed" if action.startswith("lambda:") else "implicitDeny" for action in actions})


def simulation(decisions: Mapping[str, str]) -> bytes:
    """Make the answer of IAM's simulation from the decision for each action."""
    results = "".join(
        f"<member><EvalActionName>{action}</EvalActionName><EvalDecision>{decision}</EvalDecision></member>"
        for action, decision in decisions.items()
    )
    return (
        "<SimulatePrincipalPolicyResponse><SimulatePrincipalPolicyResult><IsTruncated>false</IsTruncated>"
        f"<EvaluationResults>{results}</EvaluationResults></SimulatePrincipalPolicyResult>"
        "<ResponseMetadata><RequestId>0</RequestId></ResponseMetadata></SimulatePrincipalPolicyResponse>"
    ).encode()


def _page(request: Request, document: dict[str, Any], key: str, page_size: int) -> None:
    size = min(int(request.parameters.get("maxResults", 100)), page_size)
    start = int(request.parameters.get("nextToken", "page-0").removeprefix("page-"))
    whole = document[key]
    document[key] = whole[start : start + size]
    if start + size < len(whole):
        document["nextToken"] = f"page-{start + size}"
