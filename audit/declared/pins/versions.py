"""Pins in the files of version managers: which Terraform, OpenTofu and Terragrunt a directory asks for."""

from __future__ import annotations

import re
import tomllib
from posixpath import basename
from typing import TYPE_CHECKING

from audit.declared.model import Pin
from audit.declared.pins.scripts import source_of
from audit.errors import HclSyntaxError

if TYPE_CHECKING:
    from collections.abc import Iterator

KIND = "tool-version"

PLAIN = {
    ".opentofu-version": "opentofu",
    ".terraform-version": "terraform",
    ".terragrunt-version": "terragrunt",
    ".tfswitchrc": "terraform",
    ".tgswitchrc": "terragrunt",
}
"""Files that hold one version and nothing else, by the tool they are for."""

TOOLS = frozenset({"kubergrunt", "opentofu", "packer", "terraform", "terragrunt"})

_FIRST = re.compile(r"^(?:[ \t]*(?:#[^\n]*)?\r?\n)*[ \t]*(?P<value>[^\s#]+)")
_LINE = re.compile(r"^[ \t]*(?P<tool>[\w-]+)[ \t]+(?P<value>[^\s#]+)", re.MULTILINE)
_SECTION = re.compile(r"[ \t]*\[(?P<name>[^\[\]]+)\]")
_KEY = re.compile(r"[ \t]*(?P<quote>[\"']?)(?P<key>[\w./:@-]+)(?P=quote)[ \t]*=[ \t]*(?P<rest>.*)")
_STRING = re.compile(r"\"(?P<double>[^\"\\]*)\"|'(?P<single>[^']*)'")


def plain_pins(text: str, file: str) -> Iterator[Pin]:
    """Give the pin of a file that holds just a version."""
    found = _FIRST.match(text.removeprefix("\ufeff"))
    if found:
        shift = len(text) - len(text.removeprefix("\ufeff"))
        yield _pin(PLAIN[basename(file)], found["value"], text, file, found.start("value") + shift)


def asdf_pins(text: str, file: str) -> Iterator[Pin]:
    """Give the pins of a ``.tool-versions`` file: the first version of each tool, the one that counts."""
    for found in _LINE.finditer(text):
        if found["tool"] in TOOLS:
            yield _pin(found["tool"], found["value"], text, file, found.start("value"))


def mise_pins(text: str, file: str) -> Iterator[Pin]:
    """Give the pins of a mise file: what its ``[tools]`` say, of a list the first.

    Raises HclSyntaxError for text that is no TOML.
    """
    try:
        tools = tomllib.loads(text.removeprefix("\ufeff")).get("tools", {})
    except tomllib.TOMLDecodeError as error:
        raise HclSyntaxError(f"not valid TOML: {error}", file=file) from None
    if not isinstance(tools, dict):
        return
    for key, value in tools.items():
        tool, version = _tool(key), _version(value)
        if tool in TOOLS and version:
            yield _pin(tool, version, text, file, _find(text, key, version))


def _tool(key: str) -> str:
    """Give the tool of a key such as ``terraform`` or ``aqua:gruntwork-io/terragrunt``."""
    return re.split(r"[/:]", key)[-1]


def _version(value: object) -> str | None:
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, dict):
        value = value.get("version")
    return str(value) if isinstance(value, (str, int, float)) and not isinstance(value, bool) else None


def _find(text: str, key: str, version: str) -> int:
    """Find the string that TOML read for a key: in its line of ``[tools]``, or below ``[tools.key]``."""
    section, at = "", 0
    for line in text.splitlines(keepends=True):
        if header := _SECTION.match(line):
            section = re.sub(r"[\"'\s]", "", header["name"])
        elif found := _KEY.match(line):
            path = f"{section}.{found['key']}".removeprefix(".")
            if path in {f"tools.{key}", f"tools.{key}.version"}:
                for string in _STRING.finditer(line, found.start("rest")):
                    if version in {string["double"], string["single"]}:
                        return at + string.start()
        at += len(line)
    return max(text.find(version), 0)


def _pin(name: str, value: str, text: str, file: str, at: int) -> Pin:
    return Pin(kind=KIND, name=name, value=value, origin=source_of(text, file).place(at))
