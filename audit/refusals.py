"""What a judging run refuses: marks that nothing has, plain assertions, configuration and code that are not ours."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from audit.configuration.file import near
from audit.configuration.options import LEVELS

if TYPE_CHECKING:
    from audit.verdict.handover import Handover

SUBJECTS = (
    "accounts",
    "coverage",
    "declaration",
    "images",
    "invoker",
    "organization",
    "readiness",
    "registry",
    "release",
    "runner",
    "security",
)

_HERE = Path(__file__).resolve()
_CHECKS = _HERE.parent.parent / "checks"


def is_asked(config: pytest.Config) -> bool:
    """Tell whether pytest was asked to judge: by an option, or by the checks themselves as what to run."""
    named = any(config.getoption(f"audit_{name}") for name in ("infra_live", "snapshot"))
    paths = (Path(config.invocation_params.dir, arg.partition("::")[0]).resolve() for arg in config.args)
    return named or any(path == _CHECKS or _CHECKS in path.parents for path in paths)


def demand_marks(config: pytest.Config) -> None:
    """End with 4 for a mark that nothing has, and ask whether another was meant; pytest itself would not."""
    known = {re.split(r"[:(]", line)[0].strip() for line in config.getini("markers")}
    words = re.findall(r"[A-Za-z_]\w*", config.option.markexpr)
    for word in words if "=" not in config.option.markexpr else ():
        if word not in known | {"and", "or", "not", "True", "False"}:
            raise pytest.UsageError(f"-m: no check has the mark {word!r}{near(word, (*LEVELS, *SUBJECTS))}")


def demand_ours(config: pytest.Config, handover: Handover | None) -> None:
    """End with 4 where assertions would not count, or where foreign configuration or code is in force."""
    if sys.flags.optimize or config.getoption("assertmode") == "plain":
        raise pytest.UsageError("checks are assertions: unset PYTHONOPTIMIZE and leave --assert=plain out")
    if config.getoption("numprocesses", None):
        raise pytest.UsageError("judging runs in one process, which is faster: leave -n out")
    if handover is not None:
        return
    root = _CHECKS.parent
    mend = f"run: pytest -c {root / 'pyproject.toml'} {_CHECKS} --infra-live=PATH"
    ours = {root / "pyproject.toml", _HERE.with_name("pytest.ini")}
    if config.inipath is None or config.inipath.resolve() not in ours:
        raise pytest.UsageError(f"the pytest configuration in force is not ours: {config.inipath}; {mend}")
    for plugin in config.pluginmanager.get_plugins():
        file = Path(getattr(plugin, "__file__", None) or "")
        if file.name == "conftest.py" and root not in file.resolve().parents:
            raise pytest.UsageError(f"a conftest.py that is not ours was loaded: {file}; {mend}")
    audited = config.getoption("audit_infra_live")
    if audited and Path(audited).resolve() in (root, *root.parents):
        raise pytest.UsageError(
            f"this tool stands inside the repository that it should audit: {root}; check it out elsewhere"
        )
