"""Write the golden plans anew: ``python -m tests.remedy.golden``; read the diff before you commit it."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from audit.remedy.document import schema_text, to_json
from audit.remedy.prose import markdown, text
from audit.remedy.script import runbook
from tests.remedy.scenarios import SCENARIOS

if TYPE_CHECKING:
    from audit.remedy.plan import Plan

FOLDER = Path(__file__).resolve().parent.parent / "golden" / "plans"
SCHEMA = FOLDER.parent.parent.parent / "docs" / "plan.schema.json"
WRITTEN = {"json": to_json, "md": markdown, "sh": runbook, "txt": text}
WHOLE = ("converge-one-account", "standalone")
"""The plans that are kept in all forms; of the others the text says enough."""
_VARYING = re.compile(r'\b[0-9a-f]{64}\b|(?<="tool_version": ")[^"]+')


def rendered(plan: Plan, suffix: str) -> str:
    """Write a plan in one of its forms, without what differs between two releases of the tool."""
    return _VARYING.sub("…", WRITTEN[suffix](plan))


def forms(name: str) -> tuple[str, ...]:
    """Name the forms in which a scenario's plan is kept."""
    return tuple(WRITTEN) if name in WHOLE else ("txt",)


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    SCHEMA.write_text(schema_text())
    for scenario in SCENARIOS:
        with tempfile.TemporaryDirectory() as folder:
            made = scenario.make(Path(folder) / "live")
        for known in forms(scenario.name):
            (FOLDER / f"{scenario.name}.{known}").write_text(rendered(made, known))
