"""Which replies are whole."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from audit.running.replies import damage, retry_after, utc

LIST, DESCRIBE, WHO = "ecs:ListTaskDefinitionFamilies", "ecs:DescribeTaskDefinition", "sts:GetCallerIdentity"


@pytest.mark.parametrize(
    ("call", "status", "body", "reason"),
    [
        pytest.param(LIST, 200, b'{"families": []}', None, id="empty list"),
        pytest.param(LIST, 200, b'{"families": null}', "no families", id="null"),
        pytest.param(LIST, 200, b"{}", "no families", id="no key"),
        pytest.param(LIST, 200, b'["families"]', "no families", id="no object"),
        pytest.param(LIST, 200, b'{"families": ["a', "no JSON", id="cut"),
        pytest.param(LIST, 200, b"\xff\xfe", "no JSON", id="no text"),
        pytest.param(LIST, 200, b"[" * 100_000, "no JSON", id="deep"),
        pytest.param(LIST, 200, b"", "an empty body", id="empty"),
        pytest.param(LIST, 400, b"<html>", None, id="error"),
        pytest.param(DESCRIBE, 200, b'{"taskDefinition": {}}', "no taskDefinition.taskDefinitionArn", id="no ARN"),
        pytest.param(DESCRIBE, 200, b'{"taskDefinition": 1}', "no taskDefinition.taskDefinitionArn", id="number"),
        pytest.param(
            WHO,
            200,
            b"<GetCallerIdentityResponse><Account>1</Account><Arn>a</Arn></GetCallerIdentityResponse>\n",
            None,
            id="xml",
        ),
        pytest.param(WHO, 200, b"<GetCallerIdentityResponse><Account>1<", "no whole XML", id="cut xml"),
        pytest.param(WHO, 200, b"<GetCallerIdentityResponse></GetCallerIdentityResponse>", "no Account", id="xml key"),
        pytest.param(WHO, 200, b"", "an empty body", id="empty xml"),
        pytest.param(WHO, 403, b"<ErrorResponse></ErrorResponse>", None, id="xml error"),
        pytest.param(WHO, 502, b"bad gateway", "no error of STS", id="no xml error"),
        pytest.param("ecs:Unknown", 200, b"", None, id="not in the table"),
    ],
)
def test_damage_is_named(call: str, status: int, body: bytes, reason: str | None) -> None:
    """A body that lacks what its operation always sends is damaged."""
    assert damage(call, status, body) == reason


def test_times_are_in_utc() -> None:
    """The zone of the machine doesn't reach a snapshot."""
    local = datetime(2026, 2, 12, 1, 0, tzinfo=timezone(timedelta(hours=2)))
    assert utc(local) == local
    assert str(utc(local)) == "2026-02-11 23:00:00+00:00"
    assert utc(None) is None


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 0),
        ({"Retry-After": "2"}, 2),
        ({"Retry-After": "3600"}, 5),
        ({"Retry-After": "Fri, 31 Dec 1999"}, 0),
        ({"Retry-After": "-1"}, 0),
        ({"Retry-After": "²"}, 0),
    ],
)
def test_wait_asked_for_is_bounded(headers: dict[str, str], seconds: float) -> None:
    """A whole number of seconds, up to five."""
    assert retry_after(headers) == seconds
