"""Masking: no secret and nothing that steers a terminal gets out, however the output is cut."""

from __future__ import annotations

import pytest

from audit.remedy.carrying.masking import Masker

KNOWN = {"GITHUB_OAUTH_TOKEN": "just-a-word-that-is-secret", "PATH": "/usr/bin:/bin", "SHORT_SECRET": "abc"}
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("Apply complete! 1 added", "Apply complete! 1 added"),
        ("token just-a-word-that-is-secret!", "token ***!"),
        ("abc stays", "abc stays"),
        ("ghp_abcdefghijklmnopqrstuvwxyz0123456789 x", "*** x"),
        ("AKIAIOSFODNN7EXAMPLE and ASIAIOSFODNN7EXAMPLE", "*** and ***"),
        ('password = "hunter2hunter2"', 'password = "***"'),
        ("aws_secret_access_key: abcdef0123456789", "aws_secret_access_key: ***"),
        ("password = (sensitive value)", "password = (sensitive value)"),
        (f"Bearer {JWT}", "Bearer ***"),
        ("https://x-access-token:abc123@github.com/a", "https://***@github.com/a"),
        ("ssh://git@github.com/a", "ssh://git@github.com/a"),
        ("\x1b[32m+ create\x1b[0m", "+ create"),
        ("\x1b]0;title\x07x", "x"),
        ("10%\r20%\r100%\r", "10%\n20%\n100%"),
        ("a\x9bb\x00", "a\\x9bb\\x00"),
        ("arn:aws:iam::111122223333:role/x sha256:" + "a" * 64, "arn:aws:iam::111122223333:role/x sha256:" + "a" * 64),
    ],
)
def test_line(line: str, shown: str) -> None:
    """Secrets are masked by their look, their name, or because the environment has them; the rest stays."""
    assert Masker(KNOWN).take(f"{line}\n".encode()) == f"{shown}\n"


@pytest.mark.parametrize("size", [1, 2, 7])
def test_pieces_of_any_size(size: int) -> None:
    """A secret that comes in pieces is masked as a whole one is."""
    data = f"näme {JWT}\ntoken just-a-word-that-is-secret\nend".encode()
    masker = Masker(KNOWN)
    shown = "".join(masker.take(data[at : at + size]) for at in range(0, len(data), size)) + masker.rest()
    assert shown == "näme ***\ntoken ***\nend"


def test_private_key() -> None:
    """A key is masked from its first line to its last."""
    text = "before\n-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabcd\n-----END RSA PRIVATE KEY-----\nafter\n"
    assert Masker({}).take(text.encode()) == "before\n***\n***\n***\n***\nafter\n"


def test_question_without_an_end() -> None:
    """What has no end of line is given when it is asked for, and only once."""
    masker = Masker({})
    assert masker.take(b"Enter a value: ") == ""
    assert masker.rest() == "Enter a value: "
    assert masker.rest() == ""


def test_line_without_any_end_is_not_held_for_ever() -> None:
    """A line of endless length goes out in parts."""
    masker = Masker({})
    assert masker.take(b"x" * 70_000).count("x") == 70_000


def test_paths_to_secrets_are_no_secrets() -> None:
    """The path in a variable that names a file of secrets is shown: it stands in other places too."""
    masker = Masker({"AWS_SHARED_CREDENTIALS_FILE": "/dev/null"})
    assert masker.take(b"git -c core.hooksPath=/dev/null\n") == "git -c core.hooksPath=/dev/null\n"
