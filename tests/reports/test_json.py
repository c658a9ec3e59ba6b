"""The JSON report is the results document."""

from __future__ import annotations

import json

from audit.verdict.results import from_json, to_json
from reports.json import render
from tests.reports import sample


def test_round_trip() -> None:
    """What is written can be read back, and is the same."""
    assert from_json(render(sample.results()), name="results.json") == sample.results()


def test_same_data_as_the_document() -> None:
    """Making it safe to print changes no value but what is no character."""
    results = sample.hostile()
    assert json.loads(render(results)) == json.loads(to_json(results).replace("\ud800", "\ufffd"))
