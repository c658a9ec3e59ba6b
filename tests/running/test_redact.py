"""What sort of value something is, and that secrets are known by their looks."""

from __future__ import annotations

import pytest

from audit.running.redact import DROPPED, option_value, value_class, without_secrets

SECRETS = [
    "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
    "github_pat_11ABCDEFG0abcdefghijkl_MNOPQRSTUVWXYZ",
    "glpat-abcdefghij0123456789",
    "xoxb-1234-abcd",
    "AKIAIOSFODNN7EXAMPLE",
    "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
    "-----BEGIN OPENSSH PRIVATE KEY-----\nb3Blbn",
    "https://user:s3cret@example.com/repo.git",
    "git+https://x-access-token:abc@example.com/r",
    "https://16C7e42F292c6912E7710@example.com/",
    "5f4dcc3b5aa765d61d8327deb882cf99",
    "SG.ngeVfQFYQlKU0ufo8x5d1A.TwL2iGABf9DHoTf",
    "https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXX",
    "https://example.com/artifact?sas-token=abcdef",
    "Basic dXNlcjpwYXNzd29yZDEyMzQ1Njc4OQ==",
]


@pytest.mark.parametrize("secret", SECRETS)
def test_secret_is_a_token(secret: str) -> None:
    """Keys of the usual issuers, keys by their density, URLs with passwords."""
    assert value_class(secret) == "token"
    assert without_secrets(secret) == DROPPED


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("", "empty"),
        ("  ", "empty"),
        ("42", "number"),
        ("true", "number"),
        ("us-west-2", "word"),
        ("v0.52.1", "word"),
        ("info", "word"),
        ("arn:aws:secretsmanager:us-west-2:234567890123:secret:MachineUserGitHubPAT-AbCdEf", "arn"),
        ("https://github.com/acme/infrastructure-live.git", "url"),
        ("git::https://github.com/acme/modules.git?ref=v0.1.0", "url"),
        ("s3cr3t", "text"),
        ("github_hunter2", "text"),
        ("git@github.com:acme/infrastructure-live.git", "url"),
        ("^(https://|git@)github.com[:/]acme/.*$", "text"),
        ("hello, world and more", "text"),
        ('{"a": 1}', "text"),
        ("A" * 300, "encoded"),
    ],
)
def test_harmless_value_has_its_class(value: str, expected: str) -> None:
    """What is no secret is called what it is."""
    assert value_class(value) == expected
    assert without_secrets(value) == (DROPPED if expected == "encoded" else value)


@pytest.mark.parametrize(
    ("option", "value", "kept"),
    [
        pytest.param("--password", "hunter2", False, id="by the option"),
        pytest.param("github-token", "correct horse", False, id="without dashes"),
        pytest.param("--build-arg", "GITHUB_OAUTH_TOKEN=hunter2", False, id="by its own name"),
        pytest.param("--token", "AKIAIOSFODNN7EXAMPLE", False, id="by its looks"),
        pytest.param("--build-arg", "terraform_version=1.5.7", True, id="no secret"),
        pytest.param("--env-secret", "github-token=GITHUB_OAUTH_TOKEN", True, id="name of a variable"),
        pytest.param("--token", "arn:aws:secretsmanager:us-west-2:111122223333:secret:PAT", True, id="arn"),
        pytest.param("--ref", "main", True, id="word"),
    ],
)
def test_value_of_an_option(option: str, value: str, *, kept: bool) -> None:
    """A secret is known by what it is the value of too; what only says where one is stays."""
    assert option_value(option, value) == (value if kept else DROPPED)
