"""Shell text is read as Bash reads it, as far as assignments go, and hostile text ends in an error of the house."""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.declared.pins.scripts import script_pins
from audit.declared.pins.shell import commands
from audit.declared.pins.words import Text
from audit.errors import DeclarationError, HclSyntaxError, LimitError

NAME = "DOCKERFILE_REPO_REF"


def value_of(script: str) -> str | None:
    """Give the last value that the script gives to the variable of interest, None for none."""
    pins = [pin.value for pin in script_pins(script, "x.sh") if pin.name == NAME]
    return pins[-1] if pins else None


ASSIGNMENTS = {
    "plain": f"{NAME}=v1.0",
    "double": f'{NAME}="v1.0"',
    "single": f"{NAME}='v1.0'",
    "ansi": f"{NAME}=$'v1.0'",
    "mixed": f"{NAME}=v\"1\"'.0'",
    "escape": f"{NAME}=v1\\.0",
    "escaped quote": f'{NAME}="v\\"1"',
    "backslash that stays": f'{NAME}="v\\1"',
    "continued in quotes": f'{NAME}="v1\\\n.0"',
    "readonly": f'readonly {NAME}="v1.0"',
    "declare": f"declare -r {NAME}=v1.0",
    "export": f"export A=b {NAME}=v1.0",
    "typeset": f"typeset -x {NAME}=v1.0",
    "continued": f"readonly \\\n  {NAME}=v1.0",
    "windows-like blanks": f"\t {NAME}=v1.0\t",
    "default": f': "${{{NAME}:=v1.0}}"',
    "default bare": f": ${{{NAME}=v1.0}}",
    "default of another": f'{NAME}="${{NOPE:-v1.0}}"',
    "default of itself": f'{NAME}="${{{NAME}:-v1.0}}"',
    "default of argument": f'{NAME}="${{1:-v1.0}}"',
    "default in default": f'{NAME}="${{A:-${{B:-v1.0}}}}"',
    "default with quotes": f"{NAME}=\"${{A:-'v1.0'}}\"",
    "default after value": f'A=v2; {NAME}="${{A:-v1.0}}"',
    "variable": f'A=1.0; {NAME}="v$A"',
    "variable in braces": f'A=v1; {NAME}="${{A}}.0"',
    "overwritten": f"{NAME}=v1.0\n{NAME}=v2.0",
    "then": f"if true; then {NAME}=v1.0; fi",
    "loop": f"for a in b; do {NAME}=v1.0; done",
    "group": f"{{ {NAME}=v1.0; }}",
    "and": f"true && {NAME}=v1.0",
    "case": f"case a in (a) {NAME}=v1.0;; esac",
    "after comment": f"# it's {NAME}=v2\n{NAME}=v1.0 # was v0.9",
    "hash in word": f"{NAME}=v1#0",
    "after heredoc": f"cat >/dev/null <<X\nit's {NAME}=v2\nX\n{NAME}=v1.0",
    "after quoted heredoc": f"cat >/dev/null <<'X Y'\n$( {NAME}=v2\nX Y\n{NAME}=v1.0",
    "after indented heredoc": f"cat >/dev/null <<-X\n\t{NAME}=v2\n\tX\n{NAME}=v1.0",
    "after two heredocs": f"cat >/dev/null <<X <<Y\n'\nX\n\"\nY\n{NAME}=v1.0",
    "after here-string": f"cat >/dev/null <<<'{NAME}=v2'\n{NAME}=v1.0",
    "after arithmetic": f"if (( 1 << 2 )); then a=$((3 << 1)); fi\n{NAME}=v1.0",
    "after array": f"a=( 'x' # it's\n \"{NAME}=v2\" )\n{NAME}=v1.0",
    "after substitution": f'a="$(echo ")" \'"\' )"; {NAME}=v1.0',
    "after backticks": f"a=`echo x`; {NAME}=v1.0",
    "after process substitution": f"cat <(echo x) >/dev/null; {NAME}=v1.0",
    "after redirection": f">/dev/null 2>&1 echo x; {NAME}=v1.0",
    "after expansion": f'a="${{b//\\"/x}}${{c%%.*}}${{#d}}"; {NAME}=v1.0',
    "empty": f'{NAME}=""',
    "printed": f"echo '{NAME}=v1.0' >/dev/null",
    "argument": f"true {NAME}=v1.0",
    "name in a name": f"X{NAME}=v1.0",
}


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
@pytest.mark.parametrize("script", ASSIGNMENTS.values(), ids=ASSIGNMENTS.keys())
def test_as_bash_reads_it(script: str) -> None:
    """The value is the one that Bash itself ends up with."""
    done = subprocess.run(
        ["bash", "-c", f'{script}\nprintf %s "${NAME}"'],
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=True,
    )
    assert (value_of(script) or "") == done.stdout


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(f'{NAME}="$(git describe)"', id="substitution"),
        pytest.param(f"{NAME}=`git describe`", id="backticks"),
        pytest.param(f"{NAME}=$(( 1 + 2 ))", id="arithmetic"),
        pytest.param(f'{NAME}="$1"', id="argument"),
        pytest.param(f'{NAME}="${{1:?give a ref}}"', id="demanded argument"),
        pytest.param(f'{NAME}="${{A#v}}"', id="changed"),
        pytest.param(f'A="$(x)"; {NAME}="${{A:-v1.0}}"', id="unknown rather than its default"),
        pytest.param(f"{NAME}=$'v\\x31'", id="escapes"),
        pytest.param(f"{NAME}+=v1", id="appended"),
    ],
)
def test_what_only_running_would_tell(script: str) -> None:
    """A computed value is no pin."""
    assert value_of(script) is None


def test_commands_in_substitutions() -> None:
    """Commands inside a substitution are read too, before the one that they stand in."""
    words = [[word.literal for word in command.words] for command in commands('a="$(b c)" d `e`')]
    assert words == [["b", "c"], ["e"], [None, "d", None]]


def test_places() -> None:
    """Each piece knows its opening quote and its first character; the offset is added."""
    (command,) = commands("a 'b' \"c$d\"e", 100)
    pieces = [
        (part.value, part.start, part.inner) for word in command.words for part in word.parts if isinstance(part, Text)
    ]
    assert pieces == [("a", 100, 100), ("b", 102, 103), ("c", 106, 107), ("e", 111, 111)]


@pytest.mark.parametrize(
    ("script", "message"),
    [
        pytest.param("a='b", "x.sh:2:3: unclosed quote", id="single"),
        pytest.param('a="b', "x.sh:2:3: unclosed quote", id="double"),
        pytest.param("a=$'b", "x.sh:2:3: unclosed quote", id="ansi"),
        pytest.param("a=${b", "x.sh:2:3: unclosed expansion, '}' is missing", id="expansion"),
        pytest.param("a=$(b", "x.sh:2:6: unclosed substitution, ')' is missing", id="substitution"),
        pytest.param("a=`b", "x.sh:2:5: unclosed substitution, '`' is missing", id="backticks"),
        pytest.param("((a", "x.sh:2:1: unclosed arithmetic, '))' is missing", id="arithmetic"),
        pytest.param("a=(b", "x.sh:2:5: unclosed array, ')' is missing", id="array"),
    ],
)
def test_broken(script: str, message: str) -> None:
    """Text that no shell would read is an error with its place."""
    with pytest.raises(DeclarationError) as caught:
        list(script_pins(f"{NAME}=v1\n{script}", "x.sh"))
    assert str(caught.value) == message
    assert not isinstance(caught.value, HclSyntaxError) or caught.value.line


@pytest.mark.parametrize("opening", ["$(", "`$(", "${a:-", '"$(', "a=("])
def test_depth(opening: str) -> None:
    """Deep nesting ends in an error, not in Python's own limit."""
    with pytest.raises(DeclarationError):
        commands(opening * 10_000)


def test_depth_is_a_limit() -> None:
    """The error says what the limit is."""
    with pytest.raises(LimitError, match="nested deeper than 60 levels"):
        commands("$(" * 100 + ")" * 100)


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="ab=v1 \n\t'\"`$(){}<>|&;#\\-:+!*~" + NAME[0], max_size=60))
def test_any_text(script: str) -> None:
    """Any text gives commands or an error of the house."""
    with suppress(DeclarationError):
        commands(script)
