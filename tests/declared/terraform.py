"""The real ``terraform console``, asked for many expressions in few processes; as a program: record its answers."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, cast

from tests.declared.expressions import ANSWERS, CASES, REFUSED

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

OLDEST = (1, 5)
_BATCH = 90


@cache
def version() -> tuple[int, ...]:
    """Give the version of the terraform on PATH; without one, nothing."""
    if shutil.which("terraform") is None:
        return ()
    told = json.loads(_run("version", "-json").stdout)
    return tuple(int(part) for part in str(told["terraform_version"]).split("-")[0].split("."))


def console(expression: str, files: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Ask Terraform for the value of one expression, in a folder of its own: it locks the folder's state."""
    with TemporaryDirectory() as folder:
        if files is not None:
            shutil.copytree(files, folder, dirs_exist_ok=True)
        return _run("console", "-no-color", expression=expression, folder=folder)


def _run(*args: str, expression: str = "", folder: str | None = None) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TF_")}
    return subprocess.run(
        ["terraform", *args],
        input=expression,
        cwd=folder,
        env={**environment, "CHECKPOINT_DISABLE": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def decoded(printed: str) -> list[str]:
    """Read the list of strings that the console printed as one base64 text."""
    return cast("list[str]", json.loads(base64.b64decode(printed.strip().strip('"'))))


def ask(expressions: Sequence[str]) -> list[str]:
    """Give the JSON of each expression's value, or that it was refused."""
    batches = [expressions[at : at + _BATCH] for at in range(0, len(expressions), _BATCH)]
    with ThreadPoolExecutor(2) as pool:
        return [answer for answers in pool.map(_batch, batches) for answer in answers]


def _batch(expressions: Sequence[str]) -> list[str]:
    tried = ",".join(f'try(jsonencode({expression}), "{REFUSED}")' for expression in expressions)
    reply = console(f"base64encode(jsonencode([{tried}]))")
    assert reply.returncode == 0, reply.stderr
    return decoded(reply.stdout)


def answered() -> dict[str, str]:
    """Give what Terraform says to every expression of the tables."""
    expressions = [expression for cases in CASES.values() for expression in cases]
    return dict(zip(expressions, ask(expressions), strict=True))


if __name__ == "__main__":
    ANSWERS.write_text(json.dumps(answered(), indent=0) + "\n", encoding="utf-8")
