"""Evaluation: the value rules, unknowns with their reasons, where a value came from, and what it may cost."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.declared.evaluate import LazyMap, Names, Unknown, Value, budget, evaluate, locals_map, member
from audit.declared.functions.json_text import json_text
from audit.declared.syntax import parse, parse_expression
from audit.errors import DeclarationError, EvaluationError, LimitError
from audit.model import Location
from tests.declared.scopes import Known

REASON = Unknown("it is an output")
SCOPE = Known({"u": Value(REASON), "half": Value({"a": Value("known"), "b": Value(REASON)})})
HERE = Location(file="x.hcl", line=1, column=1)


def value_of(text: str, scope: Known = SCOPE) -> Value:
    """Evaluate one expression."""
    return evaluate(parse_expression(text, "x.hcl"), scope)


def locals_of(text: str, scope: Known = SCOPE) -> LazyMap:
    """Evaluate the lines of a locals block that begins in line 2."""
    (block,) = parse(f"locals {{\n{text}\n}}\n", "x.hcl").blocks
    return locals_map(block.body.attributes, scope)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0.1 + 0.2", "0.3"),
        ('"${1.10}x"', '"1.1x"'),
        ('1 == "1"', "false"),
        ('"1" + 1', "2"),
        ('"true" ? 1 : 2', "1"),
        ('["a", "b"]["1"]', '"b"'),
        ('true ? 1 : "a"', '"1"'),
        ("false ? 1 : false ? 2 : 3", "3"),
        ('"${[1]}"', "[1]"),
        ("{ for k, v in { b = 1, a = 2 } : v => k }", '{"1":"b","2":"a"}'),
        ("{ for x in [1, 1] : x => x... }", '{"1":[1,1]}'),
        ("{ a = 1, a = 2 }", '{"a":2}'),
        ("[{ a = [1, 2] }].*.a[0]", "[1,2]"),
        ("[{ a = [1, 2] }][*].a[0]", "[1]"),
        ("null[*]", "[]"),
        ('"x"[*]', '["x"]'),
        ('"$${a} %%{b} \\u00e9 e\u0301"', '"${a} %{b} é é"'),
        ("1 / 3 * 3", "1"),
        ("core::max(1, 2)", "2"),
    ],
)
def test_rules(text: str, expected: str) -> None:
    """The value rules hold, with or without Terraform to compare with."""
    assert json_text(value_of(text)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "u",
        "u.a.b",
        'u["x"]',
        "[1, 2][u]",
        "u[*]",
        "u.*.a",
        "upper(u)",
        "-u",
        "!u",
        "u + 1",
        "1 + u",
        "1 < u",
        "u == 1",
        "1 != u",
        "null == u",
        "half == half",
        "u && true",
        "true && u",
        "u || false",
        "false || u",
        "u ? 1 : 2",
        '"a${u}"',
        '"${u}"',
        '"%{ if u }x%{ endif }"',
        '"%{ for x in u }${x}%{ endfor }"',
        '"%{ for x in [u] }${x}%{ endfor }"',
        "[for x in u : x]",
        "{for x in u : x => x}",
        "[for x in [1] : x if u]",
        "{for x in [1] : x => x if u}",
        "{for x in [u] : x => x}",
        "{(u) = 1}",
        "max(u...)",
        "try(u, 1)",
        "can(u)",
        "half.b",
        "jsonencode(half)",
        'join(",", [u])',
        "coalesce(u, 1)",
        "coalescelist(u, [1])",
        "merge({ a = 1 }, u)",
        "length(u)",
        'format("%s", u)',
        'formatlist("%s", u)',
        'formatlist("%s", [u])[0]',
        "contains([u], 1)",
        "contains([1], u)",
        "flatten([[u]])",
    ],
)
def test_unknown(text: str) -> None:
    """What depends on an unknown is unknown, for the same reason, and never a partial string."""
    assert value_of(text).raw == REASON


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("u && false", "false"),
        ("false && u", "false"),
        ("u || true", "true"),
        ("half.a", '"known"'),
        ("length([u, u])", "2"),
        ("keys(half)", '["a","b"]'),
        ("[u, 1][1]", "1"),
        ("{ a = u, b = 1 }.b", "1"),
        ("merge(half, { b = 2 })", '{"a":"known","b":2}'),
        ("element([u, 1], 1)", "1"),
        ('lookup(half, "a", 1)', '"known"'),
        ("true ? 1 : u", "1"),
        ("contains([u, 1], 1)", "true"),
        ("concat([u], [1])[1]", "1"),
        ("coalesce(1, u)", "1"),
        ("can(half.c)", "false"),
        ("coalescelist([], [1])", "[1]"),
        ("one([])", "null"),
    ],
)
def test_known_beside_unknown(text: str, expected: str) -> None:
    """What does not depend on the unknown beside it stays known."""
    assert json_text(value_of(text)) == expected


def test_unimplemented_function() -> None:
    """A function that isn't evaluated here makes an unknown that names it."""
    assert value_of('uuid() == "x"').raw == Unknown("the function uuid is not evaluated here")


def test_other_arm_may_fail() -> None:
    """The arm that isn't chosen may have no value."""
    assert value_of("true ? 1 : nowhere.x").raw == 1


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("1 + nowhere", "x.hcl:1:5", "there is no nowhere"),
        ('[1,\n"a" + 1]', "x.hcl:2:1", "a number is required"),
        ("[{\n a = upper(null)\n}]", "x.hcl:2:6", "argument 1 must not be null"),
        ('"a${null}"', "x.hcl:1:5", "the expression result is null: cannot include a null value in a string template"),
        ('"a${[]}"', "x.hcl:1:5", "string required, not tuple"),
        ("half.c", "x.hcl:1:1", "there is no attribute 'c'"),
        ('"x".c', "x.hcl:1:1", "can't get attribute 'c' of string"),
        ('"x"[0]', "x.hcl:1:1", "can't index string"),
        ("[1][1]", "x.hcl:1:1", "there is no element 1: the collection has 1"),
        ('[1]["a"]', "x.hcl:1:1", "a number is required"),
        ("{for x in [1, 1] : x => 1}", "x.hcl:1:20", "two elements have the key '1': add ... to group them"),
        ("{(null) = 1}", "x.hcl:1:3", "can't use a null value as a key"),
        ("[for x in 1 : x]", "x.hcl:1:11", "a for needs a collection, not number"),
        ("null ? 1 : 2", "x.hcl:1:1", "the condition is null: it must be true or false"),
        ("[] ? 1 : 2", "x.hcl:1:1", "bool required, not tuple"),
        ("true ? 1 : [1]", "x.hcl:1:1", "both results of a conditional must have one type, not number and tuple"),
        (
            "try(null.a, null.b)",
            "x.hcl:1:1",
            "no argument of try has a value: x.hcl:1:13: attempt to get attribute 'b' from a null value",
        ),
        ("try()", "x.hcl:1:1", "try needs an argument"),
        ("can(1, 2)", "x.hcl:1:1", "can needs exactly one argument"),
        ("upper()", "x.hcl:1:1", "wrong number of arguments: 0"),
        ("max(1...)", "x.hcl:1:1", "... needs a list, not number"),
        ("-null", "x.hcl:1:1", "the operand of '-' is null"),
        ("1 / 0", "x.hcl:1:1", "division by zero"),
    ],
)
def test_errors(text: str, place: str, message: str) -> None:
    """An expression without a value is refused at its place, in words that say why."""
    with pytest.raises(EvaluationError) as caught:
        value_of(text)
    assert str(caught.value) == f"{place}: {message}"


LOCALS = """\
 tag = "v1"
 map = { one = local.tag, two = "${local.tag}" }
 picked = local.map["two"]
 passed = [for k, v in local.map : v if k == "one"][0]
 tried = try(local.nothing, local.map.one)
 merged = merge({ one = "v0" }, local.map).one
 found = lookup(local.map, "one", "v0")
 chosen = true ? local.tag : "v2"
 element = element([local.tag], 0)
 splat = [local.map][*].one
 made = "${local.tag}-x"
 upper = upper(local.tag)
 split = split(".", "a.b")[1]
 number = 7
 heredoc = <<E
x
E
"""


@pytest.mark.parametrize("name", ["tag", "picked", "passed", "tried", "merged", "found", "chosen", "element"])
def test_literal_passed_through(name: str) -> None:
    """A literal keeps its place and its span, however it is passed on."""
    value = locals_of(LOCALS)[name]
    assert (value.raw, value.origin, value.literal) == ("v1", Location(file="x.hcl", line=2, column=8), True)
    assert value.span == (16, 20)


@pytest.mark.parametrize(
    ("name", "line", "column"),
    [("made", 12, 9), ("upper", 13, 10), ("split", 14, 10), ("number", 15, 11), ("heredoc", 16, 12)],
)
def test_computed(name: str, line: int, column: int) -> None:
    """What is computed comes from where that is written, and is no literal to edit."""
    value = locals_of(LOCALS)[name]
    assert (value.origin, value.literal) == (Location(file="x.hcl", line=line, column=column), False)


@pytest.mark.parametrize(
    ("name", "texts"),
    [
        ("tag", []),
        ("map", []),
        ("picked", ["local.tag", 'local.map["two"]']),
        ("passed", ["local.tag", "local.map"]),
        ("tried", ["local.tag", "local.map.one"]),
        ("merged", ["local.tag", "local.map"]),
        ("chosen", ["local.tag"]),
    ],
)
def test_links(name: str, texts: list[str]) -> None:
    """A value tells the references that it came through, from the literal on."""
    assert [link.text for link in locals_of(LOCALS)[name].links] == texts


def test_links_of_a_call() -> None:
    """What a context function gives is linked to its call."""

    class Reading(Known):
        def call(self, name: str, args: object, location: Location) -> Value | None:
            del name, args, location
            return Value({"locals": Value({"tag": Value("v1", HERE)})})

    value = locals_of('a = read_terragrunt_config("x")\n b = local.a.locals.tag', Reading())["b"]
    assert [(link.text, link.place.line) for link in value.links] == [
        ("read_terragrunt_config(...)", 2),
        ("local.a.locals.tag", 3),
    ]
    assert value.origin == HERE


def test_links_are_few() -> None:
    """A long way is cut, so that no loop of references grows without end."""
    text = "\n".join(["a0 = 1", *(f"a{at} = local.a{at - 1}" for at in range(1, 60))])
    assert len(locals_of(text)["a59"].links) == 40


def test_member() -> None:
    """Members of what has none are refused as Python refuses them."""
    with pytest.raises(KeyError):
        member(Value("x"), "a")
    with pytest.raises(IndexError):
        member(Value((Value("x"),)), 1)


def test_lazy() -> None:
    """A broken local hides no other, is only evaluated when asked for, and fails each time in the same words."""
    made = locals_of(' a = "x"\n b = local.c\n c = null.d\n')
    assert made["a"].raw == "x"
    messages = []
    for name in ("b", "c", "b"):
        with pytest.raises(EvaluationError) as caught:
            made[name]
        messages.append(str(caught.value))
    assert set(messages) == {"x.hcl:4:6: attempt to get attribute 'd' from a null value"}
    assert ("b" in made, "d" in made, list(made), len(made)) == (True, False, ["a", "b", "c"], 3)


def test_cycle() -> None:
    """A cycle is told by its members, at the reference that closes it."""
    made = locals_of(" a = local.b\n b = [local.c]\n c = { x = local.a }\n d = 1")
    with pytest.raises(EvaluationError) as caught:
        made["a"]
    assert str(caught.value) == "x.hcl:4:12: cycle in locals: a → b → c → a"
    assert made["d"].raw == 1


def test_whole_map_of_locals() -> None:
    """The map of all locals may be passed on; to look into it from inside is a cycle."""
    made = locals_of(' a = "x"\n b = keys(local)\n c = jsonencode(local)\n d = true ? local : {}')
    assert json_text(made["b"]) == '["a","b","c","d"]'
    assert made["d"].raw is made
    with pytest.raises(EvaluationError, match="cycle in locals: c → c"):
        made["c"]


def test_names_in_front() -> None:
    """Names of a for hide those outside, and only there."""
    scope = Names({"x": Value(Decimal(1))}, SCOPE)
    expression = parse_expression("[x, [for x in [2] : [x, [for y in [3] : [x, y]]]], x]", "x.hcl")
    assert json_text(evaluate(expression, scope)) == "[1,[[2,[[2,3]]]],1]"


@pytest.mark.parametrize(
    "text",
    [
        "[for a in range(1000) : [for b in range(1000) : 1]]",
        f'join("", [for a in range(1000) : join("", [for b in range(300) : "{"x" * 400}"])])',
        "setproduct(range(1000), range(1000), range(1000))",
    ],
    ids=["steps", "strings", "products"],
)
def test_budget(text: str) -> None:
    """What costs too much ends with a limit, not with a full memory; try doesn't go on after it."""
    with budget(20_000), pytest.raises(LimitError, match="costs more"):
        value_of(f"try({text}, 1)")


def test_shared_budget() -> None:
    """Evaluations that share a budget cost it together."""
    with budget(50):
        value_of("[for x in range(20) : x]")
        with pytest.raises(LimitError):
            value_of("[for x in range(20) : x]")
    value_of("[for x in range(20) : x]")


def test_long_chains() -> None:
    """Long operators and traversals need no deep stack; a chain of locals as long as the stack is a limit."""
    assert value_of("1" + " + 1" * 3000).raw == 3001
    assert value_of("[[0]]" + "[0]" * 2).raw == 0
    with pytest.raises(LimitError, match="nested deeper than can be evaluated"):
        locals_of("\n".join(["a0 = 1", *(f"a{at} = local.a{at - 1}" for at in range(1, 900))]))["a899"]


ATOMS = (
    "u",
    "half",
    "null",
    "true",
    "1",
    "-1.5",
    "1e3000",
    '"x"',
    '"é%s"',
    "[]",
    "{}",
    "[1, null]",
    '{a = "1", b = u}',
)
FUNCTIONS = (
    "jsonencode",
    "upper",
    "merge",
    "flatten",
    "sort",
    "format",
    "toset",
    "tomap",
    "yamlencode",
    "sum",
    "zipmap",
)
OPERATORS = ("+", "/", "%", "==", "&&", "<")


def extended(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Give expressions that hold others."""
    return st.one_of(
        st.builds("({} {} {})".format, inner, st.sampled_from(OPERATORS), inner),
        st.builds("({} ? {} : {})".format, inner, inner, inner),
        st.builds("{}({}, {})".format, st.sampled_from(FUNCTIONS), inner, inner),
        st.builds("{}({})".format, st.sampled_from(FUNCTIONS), inner),
        st.builds("[for k, v in {} : {}]".format, inner, inner),
        st.builds("{{for k, v in {} : {} => {}...}}".format, inner, inner, inner),
        st.builds('"a${{{}}}%{{ if {} }}b%{{ endif }}"'.format, inner, inner),
        st.builds("({})[{}]".format, inner, inner),
        st.builds("({})[*].a".format, inner),
        st.builds("({}).a".format, inner),
        st.builds("-{}".format, inner),
    )


@given(text=st.recursive(st.sampled_from(ATOMS), extended, max_leaves=8))
@settings(max_examples=120, deadline=None, derandomize=True)
def test_only_errors_of_the_house(text: str) -> None:
    """Whatever is put together from pieces of the language has a value or an error of the house, with its place."""
    try:
        value = value_of(text)
    except DeclarationError as error:
        assert (error.file, error.line) == ("x.hcl", 1)  # noqa: PT017 -- both outcomes are right
    else:
        assert isinstance(value, Value)


def test_each_literal_changes_what_names_it() -> None:
    """Change any literal that is an origin: exactly the values that name it change."""
    text = """locals {
 a = "one"
 b = { x = local.a, y = "two", "z" = "th\\u00e9" }
 c = [for k, v in local.b : v]
 d = merge(local.b, { y = "four" }).y
 e = try(local.b.nothing, local.c[1])
 f = local.d == "four" ? local.b.z : "five"
 g = element([local.a, "six"], 1)
}
"""
    names = ("a", "b.x", "b.y", "b.z", "c[0]", "c[1]", "c[2]", "d", "e", "f", "g")

    def values(of: str) -> dict[str, Value]:
        (block,) = parse(of, "x.hcl").blocks
        scope = Known({"local": Value(locals_map(block.body.attributes, Known()))})
        return {name: evaluate(parse_expression(f"local.{name}", "y.hcl"), scope) for name in names}

    before = values(text)
    spans = {value.span for value in before.values() if value.span}
    assert len(spans) == 5
    for start, end in spans:
        after = values(text[: start + 1] + "#" + text[start + 2 :])
        changed = {name for name in names if after[name].raw != before[name].raw}
        named = {name for name in names if before[name].span == (start, end)}
        assert changed - {"f"} == named - {"f"}, text[start:end]  # what f is also depends on a comparison
