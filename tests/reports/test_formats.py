"""What holds for every format: golden files, byte-identity, and hostile text made inert."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from audit.verdict.results import from_json
from reports import FORMATS, pieces
from tests.reports import golden, sample

if TYPE_CHECKING:
    from audit.verdict.results import Results

EACH = pytest.mark.parametrize("name", sorted(FORMATS))
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


@EACH
def test_golden(name: str) -> None:
    """The sample is drawn exactly as in the golden file."""
    assert FORMATS[name](sample.results()).encode() == golden.path(name).read_bytes()


@EACH
@pytest.mark.parametrize(
    "results", [sample.results(), sample.clean(), sample.hostile()], ids=["sample", "clean", "hostile"]
)
def test_pieces_are_the_whole(name: str, results: Results) -> None:
    """What is written piece by piece is the text that the renderer gives."""
    assert "".join(pieces(name, results)) == FORMATS[name](results)


@EACH
def test_same_results_same_bytes(name: str) -> None:
    """Results that went through JSON give byte-identical reports."""
    results = sample.results()
    again = from_json(FORMATS["json"](results), name="results.json")
    assert FORMATS[name](again) == FORMATS[name](results)


@EACH
def test_no_control_character_gets_through(name: str) -> None:
    """No escape sequence, direction mark or surrogate is in the report; it can be written as UTF-8."""
    text = FORMATS[name](sample.hostile())
    assert CONTROL.findall(text.replace("\r\n", "\n")) == []
    assert text.encode("utf-8")


@EACH
def test_no_line_is_a_command_to_a_runner(name: str) -> None:
    """Whatever is printed in a step of GitHub Actions, no text from outside becomes a workflow command."""
    lines = [line.strip() for line in FORMATS[name](sample.hostile()).splitlines()]
    assert name == "github" or not [line for line in lines if line.startswith("::")]
    assert not [line for line in lines if line.startswith(("::error file=a", "##["))]


@pytest.mark.parametrize("name", FORMATS)
def test_clean_run_is_drawn(name: str) -> None:
    """A run without findings has a report too, and it ends with a newline."""
    assert FORMATS[name](sample.clean()).endswith("\n")


def test_table_is_imported_lazily() -> None:
    """Looking at the table costs neither Jinja2 nor tabulate."""
    code = "import sys, reports; print(sorted({'jinja2', 'tabulate', 'pydantic', 'pytest'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
