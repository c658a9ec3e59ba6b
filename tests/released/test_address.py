"""Which addresses are asked for releases, and which are refused before anything is connected to."""

from __future__ import annotations

import pytest

from audit.errors import UsageError
from audit.released.address import demand_allowed, same_place


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        pytest.param("https://169.254.169.254/latest", "link-local or metadata", id="metadata"),
        pytest.param("http://169.254.169.254", "link-local or metadata", id="metadata over http"),
        pytest.param("https://2852039166", "link-local or metadata", id="as one number"),
        pytest.param("https://0xa9fea9fe", "link-local or metadata", id="as a hexadecimal number"),
        pytest.param("https://169.254.43518", "link-local or metadata", id="in three parts"),
        pytest.param("https://[::ffff:169.254.169.254]", "link-local or metadata", id="as IPv6"),
        pytest.param("https://[fe80::1%25eth0]", "link-local or metadata", id="IPv6 link-local"),
        pytest.param("https://[fd00:ec2::254]", "link-local or metadata", id="IPv6 metadata"),
        pytest.param("https://100.100.100.200", "link-local or metadata", id="another cloud"),
        pytest.param("https://metadata.google.internal", "link-local or metadata", id="by name"),
        pytest.param("https://0.0.0.0", "link-local or metadata", id="unspecified"),
        pytest.param("https://224.0.0.1", "link-local or metadata", id="multicast"),
        pytest.param("file:///etc/hostname", "only https", id="file"),
        pytest.param("ftp://example.com", "only https", id="ftp"),
        pytest.param("example.com", "only https", id="no scheme"),
        pytest.param("https://", "only https", id="no host"),
        pytest.param("", "only https", id="nothing"),
        pytest.param("http://example.com", "plain http", id="http"),
        pytest.param("http://127.0.0.1.example.com", "plain http", id="looks like this machine"),
        pytest.param("http://10.0.0.1", "plain http", id="http to a private address"),
        pytest.param("https://user:planted@example.com", "user names and passwords", id="password"),
        pytest.param("https://example.com:x", "not a URL", id="port"),
        pytest.param("https://[::1", "not a URL", id="bracket"),
    ],
)
def test_refused(url: str, reason: str) -> None:
    """The reason is one line without what is secret in the address."""
    with pytest.raises(UsageError, match=reason) as caught:
        demand_allowed(url)
    assert "planted" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "https://api.github.com",
        "https://10.0.0.1/api/v3",
        "https://nowhere.invalid",
        "http://127.0.0.1:8080",
        "http://[::1]:8080",
        "http://localhost:8080",
    ],
)
def test_allowed(url: str) -> None:
    """Https anywhere, http to this machine."""
    assert demand_allowed(url).geturl() == url


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://a.example.com/x", "https://a.example.com:443/y", True),
        ("https://a.example.com", "https://A.example.com", True),
        ("https://a.example.com", "http://a.example.com", False),
        ("https://a.example.com", "https://b.example.com", False),
        ("https://a.example.com", "https://a.example.com:8443", False),
        ("https://a.example.com", "https://a.example.com:99999", False),
        ("https://a.example.com", "https://[a", False),
        ("https://a.example.com", "", False),
    ],
)
def test_same_place(one: str, other: str, *, same: bool) -> None:
    """Scheme, host and port make a place."""
    assert same_place(one, other) is same
