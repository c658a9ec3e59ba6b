"""The JSON Schema of the configuration: it takes what is read, and refuses what is refused."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from audit.configuration.config import read_file
from audit.configuration.schema import schema
from audit.errors import UsageError
from checks.catalogue import catalogue
from tests.processes import ROOT
from tests.schemas import jsonschema

IDS = tuple(name for one in catalogue() for name in one.check.names)
OWN, REPOSITORY = schema(IDS), schema(IDS, policy_only=True)
PAGES = ("README.md", *sorted(str(page.relative_to(ROOT)) for page in ROOT.glob("docs/**/*.md")))
EXAMPLES = [
    pytest.param(text, id=f"{page}-{number}")
    for page in PAGES
    for number, text in enumerate(
        re.findall(r"^```toml\n(.*?)^```", (ROOT / page).read_text(), re.DOTALL | re.MULTILINE)
    )
]


def accepts(rules: dict[str, Any], text: str) -> bool:
    """Tell whether a file's text fits a schema."""
    return bool(jsonschema.Draft202012Validator(rules).is_valid(tomllib.loads(text)))


def is_read(text: str, *, policy_only: bool = False) -> bool:
    """Tell whether a file's text is read without a complaint."""
    try:
        read_file(text, Path("c.toml"), policy_only=policy_only)
    except UsageError:
        return False
    return True


@pytest.mark.parametrize("rules", [OWN, REPOSITORY], ids=["own", "repository"])
def test_they_are_schemas(rules: dict[str, Any]) -> None:
    """Both are valid JSON Schemas, and say of each key what it is for."""
    jsonschema.Draft202012Validator.check_schema(rules)
    nodes = [
        *rules["properties"].values(),
        *(one for noun in rules["$defs"].values() for one in noun["properties"].values()),
    ]
    assert all(node["description"] for node in nodes)


@pytest.mark.parametrize("text", EXAMPLES)
def test_documented_examples_fit(text: str) -> None:
    """Each example of the documentation fits the schema, and is read."""
    assert accepts(OWN, text)
    assert is_read(text)


def test_there_are_examples() -> None:
    """The documentation has examples to hold the schema to."""
    assert len(EXAMPLES) >= 4


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("acount = ['x']", id="unknown key"),
        pytest.param("[policy]\nallowd = '>=1'", id="unknown key of a section"),
        pytest.param("[accounts.prod]\nextenal_id = 'x'", id="unknown key of an account"),
        pytest.param("[[root]]\naccount = 'dev'", id="root without a path"),
        pytest.param("account = 'dev'", id="no list"),
        pytest.param("offline = 'yes'", id="text for a flag"),
        pytest.param("workers = '3'", id="text for a number"),
        pytest.param("workers = 0", id="no workers"),
        pytest.param("max_waiver_days = -1", id="negative days"),
        pytest.param("fail_on = 'worst'", id="no level"),
        pytest.param("[limits]\ntask_hours = -1", id="negative limit"),
        pytest.param("[policy]\nmin_age_days = -1", id="negative age"),
        pytest.param("[reading]\ndepth = 61", id="too deep"),
        pytest.param("[reading]\nsize = 0", id="nothing read"),
        pytest.param("workers = 2026-11-24", id="a date"),
        pytest.param("at = 2026-11-24", id="a date for text"),
        pytest.param("workers = true", id="flag for a number"),
    ],
)
def test_what_is_refused_does_not_fit(text: str) -> None:
    """What the tool refuses, the schema refuses too."""
    assert not accepts(OWN, text)
    assert not is_read(text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("[severities]\nimage-tag-dritf = 'low'", id="severity of no check"),
        pytest.param("[disabled]\nnonsense = 'x'", id="no check disabled"),
        pytest.param("[disabled]\nimage-tag-drift = ' '", id="no reason"),
        pytest.param("check = ['nonsense']", id="no check selected"),
    ],
)
def test_check_ids_are_known(text: str) -> None:
    """Ids that no check has don't fit; the tool refuses them where it has loaded the checks."""
    assert not accepts(OWN, text)
    assert accepts(OWN, text.replace("dritf", "drift").replace("nonsense", IDS[0]).replace("' '", "'x'"))


@pytest.mark.parametrize("name", OWN["properties"])
def test_the_repository_sets_policy_only(name: str) -> None:
    """A key that the repository may not set is not in its schema, and the other way round."""
    text = f"{name} = -1"
    with pytest.raises(UsageError) as caught:
        read_file(text, Path("c.toml"), policy_only=True)
    assert ("is not read from the audited repository" in str(caught.value)) == (name not in REPOSITORY["properties"])
