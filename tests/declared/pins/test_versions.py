"""Files of version managers: the version that counts, at its place."""

from __future__ import annotations

import pytest

from audit.declared.pins.versions import asdf_pins, mise_pins, plain_pins
from audit.errors import HclSyntaxError


@pytest.mark.parametrize(
    ("file", "text", "expected"),
    [
        pytest.param(".terraform-version", "1.5.7\n", ("terraform", "1.5.7", 1, 1), id="terraform"),
        pytest.param("a/.terragrunt-version", "\n# c\n  0.55.1 # x\n", ("terragrunt", "0.55.1", 3, 3), id="terragrunt"),
        pytest.param(".tgswitchrc", "0.55.1", ("terragrunt", "0.55.1", 1, 1), id="tgswitch"),
        pytest.param(".opentofu-version", "\ufefflatest\r\n", ("opentofu", "latest", 1, 1), id="mark and CRLF"),
    ],
)
def test_plain(file: str, text: str, expected: tuple[str, str, int, int]) -> None:
    """A file that holds one version."""
    (pin,) = plain_pins(text, file)
    assert (pin.name, pin.value, pin.origin.line, pin.origin.column) == expected
    assert pin.kind == "tool-version"


@pytest.mark.parametrize("text", ["", "\n\n", "# 1.5.7\n"])
def test_plain_without_version(text: str) -> None:
    """An empty file pins nothing."""
    assert list(plain_pins(text, ".terraform-version")) == []


def test_asdf() -> None:
    """The first version of each tool counts; other tools and comments don't."""
    text = "# terraform 0.1\nnodejs 20\nterraform 1.5.7 1.4.6 # x\n\tterragrunt\t0.55.1\r\n"
    assert [(pin.name, pin.value, pin.origin.line, pin.origin.column) for pin in asdf_pins(text, ".tool-versions")] == [
        ("terraform", "1.5.7", 3, 11),
        ("terragrunt", "0.55.1", 4, 13),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param('[tools]\nterraform = "1.5.7"\n', ("terraform", "1.5.7", 2, 13), id="plain"),
        pytest.param("[tools]\n'terraform'='1.5.7'\n", ("terraform", "1.5.7", 2, 13), id="single quotes"),
        pytest.param('tools.terraform = "1.5.7"', ("terraform", "1.5.7", 1, 19), id="dotted"),
        pytest.param('[tools]\nterraform = ["1.5.7", "1.4"]', ("terraform", "1.5.7", 2, 14), id="list"),
        pytest.param('[tools]\nterraform = {version = "1.5.7"}', ("terraform", "1.5.7", 2, 24), id="table"),
        pytest.param('[tools.terraform]\nversion = "1.5.7"', ("terraform", "1.5.7", 2, 11), id="section"),
        pytest.param(
            '[tools]\n"aqua:gruntwork-io/terragrunt" = "0.55.1"', ("terragrunt", "0.55.1", 2, 34), id="backend"
        ),
        pytest.param(
            '[env]\nterraform = "1.5.7"\n[tools]\n# terraform = "1.5.7"\nterraform = "1.5.7"',
            ("terraform", "1.5.7", 5, 13),
            id="decoys",
        ),
        pytest.param("[tools]\nterraform = 1.5", ("terraform", "1.5", 2, 13), id="number"),
    ],
)
def test_mise(text: str, expected: tuple[str, str, int, int]) -> None:
    """What ``[tools]`` says, in each form of TOML."""
    (pin,) = mise_pins(text, ".mise.toml")
    assert (pin.name, pin.value, pin.origin.line, pin.origin.column) == expected


@pytest.mark.parametrize(
    "text", ["", "tools = 1", "[tools]\nnode = '20'", "[tools]\nterraform = []", "[tools]\nterraform = true"]
)
def test_mise_without_version(text: str) -> None:
    """A file without a version of our tools pins nothing."""
    assert [pin.value for pin in mise_pins(text, ".mise.toml")] == []


def test_broken_mise() -> None:
    """Text that is no TOML is an error of one line."""
    with pytest.raises(HclSyntaxError, match=r"\.mise\.toml: not valid TOML"):
        list(mise_pins("[tools", ".mise.toml"))
