"""Tests of audit.declared.hcl_json: JSON read as HCL, with the place of every string."""

from __future__ import annotations

import sys

import pytest

from audit.declared.hcl_json import parse_json
from audit.declared.nodes import Literal, Object, Template, Tuple
from audit.declared.scanner import Limits
from audit.errors import DeclarationError, HclSyntaxError

BLOCKS = {"locals": 0, "module": 1, "resource": 2}
# Where a comma leads nowhere, Python names what follows it, and from 3.13 on the comma itself.
TRAILING = "2:8" if sys.version_info >= (3, 13) else "3:1"
TEXT = """{
  "//": "said to people",
  "locals": [{"a": "x"}, {"b": "\\u00e9${local.a}\\n"}],
  "module": {"one": {"source": "./one"}, "two": [{"source": "./two"}]},
  "resource": {"aws_x": {"y": {"list": ["v1", [], {}, null, false, 1.5e1]}}},
  "inputs": {"tag": "v1"}
}"""


def test_blocks_and_attributes_have_their_places() -> None:
    """What the reader calls blocks are blocks, with labels; all else is an attribute; comments are neither."""
    body = parse_json(TEXT, "f.json", BLOCKS, Limits())
    assert [(block.type, block.labels, list(block.body.attributes)) for block in body.blocks] == [
        ("locals", (), ["a"]),
        ("locals", (), ["b"]),
        ("module", ("one",), ["source"]),
        ("module", ("two",), ["source"]),
        ("resource", ("aws_x", "y"), ["list"]),
    ]
    assert list(body.attributes) == ["inputs"]
    inputs = body.attributes["inputs"].expr
    assert isinstance(inputs, Object)
    ((_, tag),) = inputs.items
    assert isinstance(tag, Literal)
    assert (tag.value, tag.location.line, tag.location.column) == ("v1", 6, 21)
    assert tag.span is not None
    assert TEXT[slice(*tag.span)] == '"v1"'


def test_strings_with_sequences_are_templates_at_their_place() -> None:
    """A string with a sequence is a template, whatever JSON had to escape in it."""
    body = parse_json(f"\ufeff{TEXT}", "f.json", BLOCKS, Limits())
    template = body.blocks[1].body.attributes["b"].expr
    assert isinstance(template, Template)
    column = TEXT.splitlines()[2].index('"\\u00e9') + 1
    assert (template.location.line, template.location.column) == (3, column)


def test_values_are_those_of_json() -> None:
    """Lists, objects, null, booleans and numbers are what they are in HCL."""
    items = parse_json(TEXT, "f.json", BLOCKS, Limits()).blocks[4].body.attributes["list"].expr
    assert isinstance(items, Tuple)
    kinds = [type(item).__name__ for item in items.items]
    assert kinds == ["Literal", "Tuple", "Object", "Literal", "Literal", "Literal"]
    assert [item.value for item in items.items if isinstance(item, Literal)] == ["v1", None, False, 15]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{\n "a": 1,\n}', f"f.json:{TRAILING}: invalid JSON"),
        ("[]", "f.json:1:1: a configuration in JSON is one object"),
        ('{"locals": "x"}', "f.json:1:12: 'locals' must be an object"),
        ('{"a": ' * 100_000, "f.json:1:1: nested too deep"),
        ('{"a": ' * 100 + "1" + "}" * 100, "nested deeper than 60"),
        ('{"a": "${"}', "f.json"),
    ],
    ids=["comma", "array", "block", "recursion", "depth", "template"],
)
def test_what_is_no_configuration_is_an_error_at_its_place(text: str, message: str) -> None:
    """Invalid JSON, the wrong shape and too much depth say where."""
    with pytest.raises(DeclarationError) as caught:
        parse_json(text, "f.json", BLOCKS, Limits())
    assert message in str(caught.value)
    assert isinstance(caught.value, HclSyntaxError) or "deep" in message
