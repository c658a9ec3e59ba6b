"""Text to tree: what is accepted, what is refused and where, and that every node knows its place."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path

import pygohcl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.declared.nodes import (
    Binary,
    Call,
    Conditional,
    ForObject,
    ForTuple,
    GetAttr,
    Index,
    Literal,
    Object,
    Splat,
    Template,
    TemplateFor,
    TemplateIf,
    Tuple,
    Unary,
    Variable,
)
from audit.declared.syntax import Limits, parse, parse_expression, parse_template
from audit.errors import DeclarationError, HclSyntaxError, LimitError

TESTS = Path(__file__).parents[1]
REAL = [*sorted((TESTS / "live").rglob("*.hcl")), *sorted((TESTS / "live").rglob("*.tf"))]
LANGUAGE = (Path(__file__).parent / "console" / "language.tf").read_text(encoding="utf-8")

VALID = (
    "",
    "a = 1",
    "a = 1\n",
    "\ufeffa = 1\n",
    "a = 1\r\nb = 2\r\n",
    "# c\n// d\n/* e\nf */\na = 1 /* g */ # h",
    "a /* x */ = 1",
    'a = "${\nx}"',
    'a = "${~ x ~}"',
    'a = "$${"',
    'a = "%%{ $ % %% $$"',
    "a = !!x",
    "a = !-x",
    "a = --1",
    "a = 1-12",
    "a = f(1)-1e3",
    "a = x -21",
    "é = 1",
    "a = größe.ß",
    "a = provider::x::y(1)",
    "a = x ? y : z\nb = 1",
    "a = (x\n + 1)",
    "a = x[\n1]",
    "a = f(\n1,\n2,\n)",
    "a = f(x...)",
    "a = [\n1,\n2 # c\n]",
    "a = [for k, v in x : v if v]",
    "a = {for k, v in x : k => v... if v}",
    "a = {\n a.b = 1\n}",
    'a = {x.y = 1, (z) = 2, 1 = 3, "w" : 4, if = 5,}',
    "a = x.*.y.z",
    "a = x[*].a[0].*.b",
    "a = x.0.y",
    "a = x.in.for",
    "a = information",
    'a = "${"a${b}"}"',
    'a = "%{ if x == "y" }a%{ else }b%{ endif }"',
    'a = "%{~ for x in y ~}a%{~ endfor ~}"',
    "a = <<E\nE\n",
    "a = <<-E\n   x ${y}\n  b\n E\n",
    "a = [<<E\nx\nE\n, 1]",
    "a {}",
    "a { b = 1 }",
    'a "b" c {\n}\n',
    "a {\n  b {\n  }\n}",
    "for = 1\nif = in",
    "a = [for in in in: in]",
    "a = 09",
)
INVALID = (
    "x",
    "{}",
    "a = ",
    "a = 1.",
    "a = .5",
    "a = 0x10",
    "a = 1 a = 2",
    "a = 1\na = 2",
    "a = 1 b = 2",
    "a = 1\n + 2",
    "a = x ?\ny :\nz",
    "a = {a = 1\n + 2}",
    "a = {a=1 b=2}",
    "a = {a=1\n, b=2}",
    "a = {for = 1}",
    "a = [1,,2]",
    "a = [1 2]",
    "a = [1",
    "a = 1]",
    "a = (1]",
    "a = x.0.1",
    "a = x.*.y.*.z",
    'a = x."b"',
    'a."b" = 1',
    'a = "x" "y"',
    'a = "\\q"',
    'a = "a\nb"',
    'a = "unclosed',
    'a = "${x"',
    'a = "${}"',
    'a = "${x y}"',
    'a = "%{ if x }"',
    'a = "%{ endif }"',
    'a = "%{ if x }%{ else }%{ else }%{ endif }"',
    'a = "%{ for x }%{ endfor }"',
    'a = "%{ what }"',
    'a = "%{ endif x }"',
    "a = <<E\nx\n",
    "a = <<E\nx\nE",
    "a = /* x",
    "a = 1\rb = 2",
    "a = @",
    "a = \x00",
    "a\n{}",
    "a { b = 1\n}",
    "a { b = 1\n c = 2 }",
    "a {\n b = 1 }",
    "a { b {} }",
    'a "${x}" {}',
    "a = [for x in y: x...]",
    "a = ;",
    "a = 'x'",
)
STRICTER = ("a = true(1)", "a = {\n if.b = 1\n}")


def refused(text: str) -> HclSyntaxError:
    """Give the error that a text is refused with."""
    with pytest.raises(HclSyntaxError) as caught:
        parse(text, "x.hcl")
    return caught.value


def accepted_by_go(text: str) -> bool:
    """Tell whether HashiCorp's own parser takes a text."""
    try:
        pygohcl.loads(text)
    except pygohcl.HCLParseError:
        return False
    return True


@pytest.mark.parametrize("text", VALID)
def test_valid(text: str) -> None:
    """What HashiCorp's parser accepts, ours accepts."""
    assert accepted_by_go(text)
    parse(text, "x.hcl")


@pytest.mark.parametrize("text", INVALID)
def test_invalid(text: str) -> None:
    """What HashiCorp's parser refuses, ours refuses, within the text and in one line."""
    assert not accepted_by_go(text)
    error = refused(text)
    assert error.file == "x.hcl"
    assert 1 <= error.line <= text.count("\n") + 1
    assert error.column >= 1
    assert "\n" not in str(error)


@pytest.mark.parametrize("text", STRICTER)
def test_stricter(text: str) -> None:
    """The little valid HCL that the parser below cannot read is refused with its place."""
    assert accepted_by_go(text)
    assert refused(text).line == text.count("\n", 0, text.index("(" if "(" in text else ".")) + 1


@pytest.mark.parametrize("path", REAL, ids=lambda path: path.relative_to(TESTS / "live").as_posix())
def test_real(path: Path) -> None:
    """Every configuration of the sample repositories is accepted or refused as by HashiCorp's parser."""
    text = path.read_text(encoding="utf-8")
    if accepted_by_go(text):
        parse(text, path.name)
    else:
        refused(text)


@given(data=st.data())
@settings(max_examples=120, deadline=None, derandomize=True)
def test_mutated(data: st.DataObject) -> None:
    """However a file is damaged, it is read or refused with an error of the house."""
    text = data.draw(st.sampled_from([LANGUAGE, *(text for text in VALID if text)]))
    start = data.draw(st.integers(0, max(0, len(text) - 200)))
    part = text[start : start + 400]
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(part)))
        piece = data.draw(
            st.sampled_from([*'"{}[]()$%~\n\\=,.:?!*<-', "${", "%{", "<<E\n", "/*", "\x00", "é", "if ", ""])
        )
        part = part[:at] + piece + part[at + data.draw(st.integers(0, 2)) :]
    for read in (parse, parse_expression, parse_template):
        try:
            read(part, "x.hcl")
        except DeclarationError as error:
            assert error.file == "x.hcl"  # noqa: PT017 -- both outcomes are right


def test_threads() -> None:
    """Many threads may parse at once, with one result."""
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda _: parse(LANGUAGE, "x.hcl"), range(8)))
    assert all(result == results[0] for result in results)


def test_structure() -> None:
    """Attributes, blocks and labels stand where they were written."""
    body = parse('a = 1\n\nb "c" d {\n  é = "x" # c\n  e {\n  }\n}\n', "x.hcl")
    attribute, (block,) = body.attributes["a"], body.blocks
    assert (attribute.name, str(attribute.location), attribute.location.column) == ("a", "x.hcl:1", 1)
    assert (block.type, block.labels, str(block.location)) == ("b", ("c", "d"), "x.hcl:3")
    inner = block.body.attributes["é"]
    assert (inner.location.line, inner.location.column) == (4, 3)
    assert (inner.expr.location.line, inner.expr.location.column) == (4, 7)
    assert [nested.type for nested in block.body.blocks] == ["e"]


def test_duplicate() -> None:
    """An attribute that is set twice is refused, with the place of both."""
    error = refused("a = 1\nb = 2\na = 3\n")
    assert str(error) == "x.hcl:3:1: 'a' is set twice, first in line 1"


@pytest.mark.parametrize(
    ("text", "span", "column"),
    [
        ('a = "v1"', '"v1"', 5),
        ('\ufeffa = "v1"', '"v1"', 5),
        ('é = "v1" # "v1"', '"v1"', 5),
        ('/* é */ a = "v\\"1"\r\n', '"v\\"1"', 13),
        ('a = ""', '""', 5),
        ('a = "$${x}"', '"$${x}"', 5),
    ],
    ids=["plain", "byte order mark", "not ascii", "escape", "empty", "escaped sequence"],
)
def test_span(text: str, span: str, column: int) -> None:
    """A plain quoted string knows its offsets in the text, and its column as an editor counts it."""
    (attribute,) = parse(text, "x.hcl").attributes.values()
    literal = attribute.expr
    assert isinstance(literal, Literal)
    assert literal.span is not None
    assert text[slice(*literal.span)] == span
    assert literal.location.column == column


@pytest.mark.parametrize("text", ['"${x}"', '"a${x}"', "<<E\nx\nE\n", "1", "true", '"%{ if true }x%{ endif }"'])
def test_no_span(text: str) -> None:
    """What is no plain quoted string has no span: it can't be edited in place."""
    expression = parse(f"a = {text}", "x.hcl").attributes["a"].expr
    assert getattr(expression, "span", None) is None


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("x", Variable),
        ("x.y", GetAttr),
        ("x[0]", Index),
        ("x.0", Index),
        ("x[*].y", Splat),
        ("x.*.y", Splat),
        ("f(x)", Call),
        ("-x", Unary),
        ("x + 1", Binary),
        ("x ? 1 : 2", Conditional),
        ("[x]", Tuple),
        ("{a = x}", Object),
        ("[for a in x: a]", ForTuple),
        ("{for a in x: a => a}", ForObject),
        ('"a${x}"', Template),
        ("(x)", Variable),
    ],
)
def test_kinds(text: str, kind: type) -> None:
    """Each form of expression has its node, at the place where it begins."""
    expression = parse_expression(f"  {text}", "x.hcl", 7, 3)
    assert isinstance(expression, kind)
    assert (expression.location.line, expression.location.column) == (7, 5 + (text == "(x)"))


def test_directives() -> None:
    """Directives of a template are nodes too."""
    template = parse_template("a %{ if x }b%{ endif } %{ for k, v in y }${v}%{ endfor }", "x.tftpl")
    assert isinstance(template, Template)
    assert [type(part) for part in template.parts] == [Literal, TemplateIf, Literal, TemplateFor]
    loop = template.parts[3]
    assert isinstance(loop, TemplateFor)
    assert (loop.key, loop.item) == ("k", "v")


def test_places_inside_templates() -> None:
    """Code in strings and heredocs has its own place; a second line counts from its start."""
    body = parse('a = "xé${b}"\nc = <<-E\n  one ${upper("two")}\n  E\nd = "${[\n  e]}"\n', "x.hcl")
    template = body.attributes["a"].expr
    assert isinstance(template, Template)
    assert (template.location.column, template.parts[1].location.column) == (5, 10)
    heredoc = body.attributes["c"].expr
    assert isinstance(heredoc, Template)
    call = heredoc.parts[1]
    assert isinstance(call, Call)
    assert (heredoc.location.line, heredoc.location.column) == (2, 5)
    assert (call.args[0].location.line, call.args[0].location.column) == (3, 15)
    tuple_ = body.attributes["d"].expr
    assert isinstance(tuple_, Template)
    inner = tuple_.parts[0]
    assert isinstance(inner, Tuple)
    assert (inner.items[0].location.line, inner.items[0].location.column) == (6, 3)


def test_numbers() -> None:
    """Numbers are exact, whatever the parser below was shown."""
    expression = parse_expression("[1.10, 1e3, 2.5E-3, 123456789012345678901234567890]", "x.hcl")
    assert isinstance(expression, Tuple)
    values = [item.value for item in expression.items if isinstance(item, Literal)]
    assert values == [Decimal("1.10"), Decimal(1000), Decimal("0.0025"), Decimal(123456789012345678901234567890)]


@pytest.mark.parametrize(
    ("text", "limits", "message"),
    [
        ("a = 1", Limits(size=4), "x.hcl: larger than 4 bytes"),
        ('a = "é"', Limits(size=7), "x.hcl: larger than 7 bytes"),
        ("a = [[[1]]]", Limits(depth=2), "x.hcl:1:7: nested deeper than 2"),
        ('a = "${"${x}"}"', Limits(depth=1), "x.hcl:1:9: nested deeper than 1"),
        ("a = !!!x", Limits(depth=2), "x.hcl:1:7: nested deeper than 2"),
        ("a = [1, 2, 3]", Limits(tokens=3), "x.hcl:1:7: more than 3 pieces of code in one file"),
    ],
    ids=["size", "bytes", "brackets", "templates", "signs", "tokens"],
)
def test_limits(text: str, limits: Limits, message: str) -> None:
    """More than a limit is refused with the limit, before the parser sees the text."""
    with pytest.raises(LimitError) as caught:
        parse(text, "x.hcl", limits)
    assert str(caught.value) == message


def test_a_small_file_is_read_once_until_it_changes() -> None:
    """The tree is that of the text, whichever way it was come by."""
    assert parse("a = 1\n", "x.hcl") is parse("a = 1\n", "x.hcl")
    assert parse("a = 2\n", "x.hcl") == parse("a = 2\n", "x.hcl", Limits(size=100))
    assert parse("a = 1\n", "x.hcl") != parse("a = 2\n", "x.hcl")
