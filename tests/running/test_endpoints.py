"""Where requests may go."""

from __future__ import annotations

import pytest

from audit.errors import UsageError
from audit.running.endpoints import named, origin, refuse_plain_http


@pytest.mark.parametrize(
    "url",
    [
        "https://ecs.us-west-2.amazonaws.com",
        "http://127.0.0.1:5000",
        "http://[::1]:5000",
        "http://localhost",
        "http://a.localhost:1",
    ],
)
def test_tls_and_loopback_are_allowed(url: str) -> None:
    """TLS goes anywhere, plain HTTP to this machine."""
    refuse_plain_http(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com",
        "http://169.254.169.254/",
        "http://10.0.0.1",
        "http://localhost.example.com",
        "ftp://a",
        "http:///x",
    ],
)
def test_plain_http_to_others_is_refused(url: str) -> None:
    """A session token in a header isn't shown to the network."""
    with pytest.raises(UsageError, match="plain http"):
        refuse_plain_http(url)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://user:ghp_x@example.com:8443/path?token=1", "https://example.com:8443"),
        ("http://127.0.0.1:1", "http://127.0.0.1:1"),
        ("http://a:b:c", ""),
        ("", ""),
    ],
)
def test_origin_shows_no_secret(url: str, shown: str) -> None:
    """Only scheme, host and port of a URL are shown."""
    assert origin(url) == shown


def test_url_that_is_none_names_its_setting() -> None:
    """The SDK's ValueError becomes a line that says which setting to mend."""
    with pytest.raises(UsageError, match="AWS_ENDPOINT_URL"), named():
        raise ValueError
