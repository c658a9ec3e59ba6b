"""The pure functions: Terraform's recorded answers, unknown arguments, and the place of what is made or decoded."""

from __future__ import annotations

import pytest

from audit.declared.evaluate import Unknown, Value, evaluate
from audit.declared.functions import FUNCTIONS, apply
from audit.declared.syntax import parse_expression
from audit.errors import DeclarationError, EvaluationError, LimitError
from audit.model import Location
from tests.declared.expressions import CASES, FUNCTION_CASES, differences, recorded
from tests.declared.scopes import Known

CALL = Location(file="x.hcl", line=3, column=7)


def call(name: str, *args: Value) -> Value:
    """Call a function from one place."""
    return apply(name, args, CALL)


def place(value: Value) -> tuple[str, int, int]:
    """Give where a value came from."""
    assert value.origin is not None
    return value.origin.file, value.origin.line, value.origin.column


@pytest.mark.parametrize("about", CASES)
def test_recorded_answers(about: str) -> None:
    """Every expression has the value that Terraform gave it when it was asked, or is refused as there."""
    assert differences(CASES[about], recorded()) == []


@pytest.mark.parametrize("function", sorted(FUNCTIONS))
def test_cases(function: str) -> None:
    """Each function is compared in three ways at least, also with null."""
    cases = FUNCTION_CASES[function]
    assert len(cases) >= 3
    assert any("null" in case for case in cases)


@pytest.mark.parametrize(
    "function", sorted(set(FUNCTIONS) - {"coalesce", "coalescelist", "format", "formatlist", "merge"})
)
def test_unknown_argument(function: str) -> None:
    """An unknown argument makes the result unknown for its reason."""
    reason = Unknown("it is an output")
    count = len(FUNCTIONS[function].params) or 1
    assert call(function, *[Value(reason)] * count).raw == reason


@pytest.mark.parametrize("function", sorted(FUNCTIONS))
def test_wrong_arguments(function: str) -> None:
    """Any number of arguments of any type has a value or is refused, never more than that."""
    odd = (Value(None), Value("x"), Value((Value("1"), Value(None))), Value({"a": Value(())}), Value(raw=True))
    for count in range(4):
        for arg in odd:
            try:
                call(function, *[arg] * count)
            except EvaluationError as error:
                assert error.message  # noqa: PT017 -- both outcomes are right


def test_made_values_have_the_place_of_the_call() -> None:
    """What a function makes, and what is inside of it, comes from the call."""
    assert place(call("upper", Value("a"))) == ("x.hcl", 3, 7)
    parts = call("split", Value(","), Value("a,b"))
    assert isinstance(parts.raw, tuple)
    assert [place(part) for part in parts.raw] == [("x.hcl", 3, 7)] * 2


JSON = """{
  "dev": {"id": "111122223333", "order": 1},
  "é": ["a", null,
    true, "b"]
}
"""
YAML = """\
# accounts
dev:
  id: '111122223333'
  order: 1
"é": [a, ~,
  yes, "b"]
"""


@pytest.mark.parametrize(
    ("function", "text", "places"),
    [
        (
            "jsondecode",
            JSON,
            {"id": (2, 17), "order": (2, 42), "a": (3, 9), "null": (3, 14), "true": (4, 5), "b": (4, 11)},
        ),
        (
            "yamldecode",
            YAML,
            {"id": (3, 7), "order": (4, 10), "a": (5, 7), "null": (5, 10), "true": (6, 3), "b": (6, 8)},
        ),
        (
            "yamldecode",
            JSON,
            {"id": (2, 17), "order": (2, 42), "a": (3, 9), "null": (3, 14), "true": (4, 5), "b": (4, 11)},
        ),
    ],
    ids=["JSON", "YAML", "JSON as YAML"],
)
def test_decoded_values_have_their_place_in_the_file(
    function: str, text: str, places: dict[str, tuple[int, int]]
) -> None:
    """Each value decoded from a file comes from its line and column there."""
    value = call(function, Value(text, CALL, file="accounts"))

    def at(path: str) -> tuple[int, int]:
        found = evaluate(parse_expression(f"v{path}", "x.hcl"), Known({"v": value}))
        file, line, column = place(found)
        assert file == "accounts"
        return line, column

    found = {"id": at(".dev.id"), "order": at(".dev.order")}
    found |= {name: at(f".é[{index}]") for index, name in enumerate(("a", "null", "true", "b"))}
    assert found == places


@pytest.mark.parametrize("function", ["jsondecode", "yamldecode"])
def test_decoded_text_without_a_file(function: str) -> None:
    """What is decoded from text of the configuration itself comes from the call."""
    value = call(function, Value(JSON, CALL))
    assert isinstance(value.raw, dict)
    assert place(value.raw["dev"]) == ("x.hcl", 3, 7)


@pytest.mark.parametrize(
    ("function", "text", "message"),
    [
        ("jsondecode", '{\n "a": }', "f:2:7: invalid JSON: expecting value"),
        ("jsondecode", "[NaN]", "invalid JSON: NaN"),
        ("jsondecode", "[1e99999]", "invalid JSON: a number is out of range"),
        ("jsondecode", "\ufeff1", "f:1:1: invalid JSON: unexpected utf-8 bom (decode using utf-8-sig)"),
        ("yamldecode", "a: 1\n---\nb: 2", "f:2:1: invalid YAML: only a single document is allowed"),
        ("yamldecode", "a: [1", "f:2:1: invalid YAML: did not find expected ',' or ']'"),
        ("yamldecode", "a: *b", "f:1:4: invalid YAML: no anchor 'b' before this"),
        ("yamldecode", "a: &b [*b]", "f:1:8: invalid YAML: no anchor 'b' before this"),
        (
            "yamldecode",
            "a: !!python/object:os.system x",
            "f:1:4: invalid YAML: unsupported tag tag:yaml.org,2002:python/object:os.system",
        ),
        ("yamldecode", "a: !!set {}", "f:1:4: invalid YAML: unsupported tag tag:yaml.org,2002:set"),
        ("yamldecode", "a: .inf", "f:1:4: invalid YAML: a number that is not finite is not supported"),
        ("yamldecode", "a: 1e99999", "f:1:4: the number is out of range"),
        ("yamldecode", "[a]: 1", "f:1:1: invalid YAML: only strings are allowed as mapping keys"),
        ("yamldecode", "~: 1", "f:1:1: invalid YAML: only strings are allowed as mapping keys"),
        ("yamldecode", "<<: 1", "f:1:5: invalid YAML: only a mapping can be merged with <<"),
        ("yamldecode", "a: !!binary '?'", None),
        ("yamldecode", "", "invalid YAML: expecting a value but found the end"),
    ],
)
def test_invalid_files(function: str, text: str, message: str | None) -> None:
    """A file that cannot be decoded is refused at its place in the file, where its parser tells one."""
    if message is None:
        call(function, Value(text, CALL, file="f"))
        return
    with pytest.raises(EvaluationError) as caught:
        call(function, Value(text, CALL, file="f"))
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("function", "text"),
    [
        ("jsondecode", "[" * 100 + "]" * 100),
        ("jsondecode", "[" * 100_000 + "]" * 100_000),
        ("yamldecode", "[" * 100 + "]" * 100),
        ("yamldecode", "- " * 100 + "x"),
    ],
    ids=["JSON", "JSON without end", "YAML", "YAML in blocks"],
)
def test_depth(function: str, text: str) -> None:
    """Files that nest too deep are a limit."""
    with pytest.raises(LimitError, match="nested deeper than 60"):
        call(function, Value(text, CALL, file="f"))


def test_sharing_in_yaml_is_cheap() -> None:
    """Aliases of aliases share what they stand for, and end in a limit only when they are written out."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{at}: &a{at} [{', '.join([f'*a{at - 1}'] * 9)}]" for at in range(1, 12)]
    scope = Known({"text": Value("\n".join(lines), CALL, file="f")})
    assert evaluate(parse_expression("length(yamldecode(text).a11)", "x.hcl"), scope).raw == 9
    with pytest.raises(LimitError):
        evaluate(parse_expression("jsonencode(yamldecode(text))", "x.hcl"), scope)


def test_home() -> None:
    """A path in somebody's home directory isn't known."""
    assert call("pathexpand", Value("~/x")).raw == Unknown("the home directory of whoever runs it")


def test_messages_number_the_argument() -> None:
    """What is wrong with an argument is said with its number."""
    with pytest.raises(DeclarationError, match="argument 2: string required, not tuple"):
        call("trimprefix", Value("a"), Value(()))
    with pytest.raises(DeclarationError, match="argument 2 must be a whole number"):
        call("substr", Value("a"), Value("1.5"), Value("1"))


@pytest.mark.parametrize(("function", "text"), [("jsondecode", JSON), ("yamldecode", YAML)])
def test_each_literal_of_a_file_changes_its_value(function: str, text: str) -> None:
    """Change the text at any string's place in the file: exactly that value changes."""
    paths = (".dev.id", ".é[0]", ".é[3]")

    def values(of: str) -> dict[str, Value]:
        decoded = call(function, Value(of, CALL, file="f"))
        scope = Known({"v": decoded})
        return {path: evaluate(parse_expression(f"v{path}", "x.hcl"), scope) for path in paths}

    before = values(text)
    for path, value in before.items():
        _, line, column = place(value)
        lines = text.splitlines(keepends=True)
        at = column if lines[line - 1][column - 1] in "\"'" else column - 1
        lines[line - 1] = f"{lines[line - 1][:at]}q{lines[line - 1][at + 1 :]}"
        after = values("".join(lines))
        assert {name for name in paths if after[name].raw != before[name].raw} == {path}


@pytest.mark.parametrize(
    ("function", "text", "spans"),
    [
        ("jsondecode", '{"é": "v1",\r\n "b": "x\\u0041", "c": 1}', {"é": '"v1"', "b": None, "c": None}),
        (
            "yamldecode",
            "é: \"v1\"\r\nb: 'v2' # 'v2'\nc: v3\nd: \"\\x41\"\n",
            {"é": '"v1"', "b": "'v2'", "c": None, "d": None},
        ),
        ("yamldecode", "\ufeffé: 'v1'\nb: |\n  v2\n", {"é": "'v1'", "b": None}),
    ],
    ids=["JSON", "YAML", "byte order mark"],
)
def test_spans_of_decoded_strings(function: str, text: str, spans: dict[str, str | None]) -> None:
    """A quoted string without escapes knows where it stands in its file; what is written otherwise does not."""
    value = call(function, Value(text, CALL, file="f"))
    assert isinstance(value.raw, dict)
    assert {name: item.span and text[slice(*item.span)] for name, item in value.raw.items()} == spans
    assert call(function, Value('{"a": "b"}', CALL)).raw == {"a": Value("b", CALL)}
