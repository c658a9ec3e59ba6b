"""The evidence of a checklist: what was seen where a line before an upgrade is right, a short text a check; pure.

A line that is not right tells it by its findings.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from audit.errors import UnreadError
from audit.fleet import repository_of
from audit.model import need
from audit.released.hops import CATALOG, KANIKO
from audit.text import counted
from audit.verdict.readiness import LEAST, pinned
from audit.workstation.tools import source_update_flag

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from audit.released.token import Token
    from audit.verdict.readiness import Readiness
    from audit.workstation.model import Checkout

_MANY = 3


def evidence(readiness: Readiness) -> dict[str, str]:
    """Say for each check what was seen; those that could not be read, or have nothing to say, are left out."""
    texts = {check: _read(read, readiness) for check, read in _SEEN.items()}
    return {check: text for check, text in texts.items() if text}


def _read(read: Callable[[Readiness], str], readiness: Readiness) -> str:
    try:
        return read(readiness)
    except UnreadError:
        return ""  # the finding says why


def _some(words: Iterable[str]) -> str:
    listed = list(dict.fromkeys(words))
    more = f" and {len(listed) - _MANY:,} more" if len(listed) > _MANY else ""
    return ", ".join(listed[:_MANY]) + more


def _version(readiness: Readiness, name: str) -> str:
    version = readiness.tool(name).version
    return version.value if version.kind == "seen" and version.value else "?"


def _tools(readiness: Readiness) -> str:
    words = []
    for name in readiness.needed_tools():
        shown = _version(readiness, name)
        flag = source_update_flag(shown) if name == "terragrunt" else None
        words.append(f"{name} {shown}" + (f" (takes {flag})" if flag else ""))
    return ", ".join(words)


def _outside(readiness: Readiness) -> str:
    return f"{counted(len(readiness.needed_tools()), 'tool')}, all from elsewhere"


def _new_enough(readiness: Readiness) -> str:
    least = [name for name in readiness.needed_tools() if name in LEAST]
    return (
        ", ".join(f"{name} {_version(readiness, name)}, {LEAST[name]} needed" for name in least)
        or "each says its version"
    )


def _as_pinned(readiness: Readiness) -> str:
    words = []
    for name in ("terraform", "terragrunt"):
        version, places = _version(readiness, name), pinned(readiness, name)
        words += [f"{name} {version} as at {_some(places)}"] if places and version != "?" else []
    return ", ".join(words)


def _checkout(readiness: Readiness) -> Checkout | None:
    found = readiness.workstation.checkout
    return found.value if found.kind == "seen" else None


def _tree(readiness: Readiness) -> str:
    return "nothing to commit" if _checkout(readiness) else ""


def _branch(readiness: Readiness) -> str:
    found = _checkout(readiness)
    return found.branch or "" if found else ""


def _fetched(readiness: Readiness) -> str:
    found = _checkout(readiness)
    if found is None:
        return ""
    return f"fetched {found.fetched_at:%Y-%m-%d %H:%M} UTC" if found.fetched_at else "as of the clone"


def _token(readiness: Readiness) -> Token | None:
    return need(readiness.token)


def _scopes(readiness: Readiness) -> str:
    token = _token(readiness)
    if token is None:
        return ""
    return "of a kind without scopes" if token.scopes is None else _some(token.scopes)


def _ends(readiness: Readiness) -> str:
    token = _token(readiness)
    if token is None:
        return ""
    return f"until {token.expires_at:%Y-%m-%d}" if token.expires_at else "GitHub names no end"


def _callers(readiness: Readiness) -> str:
    return _some(sorted({readiness.arn(unit).rpartition(":")[2] for unit in readiness.fleet.units}))


def _sessions(readiness: Readiness) -> str:
    kinds = {":assumed-role/": "roles", ":user/": "a user's keys, or a session with MFA", ":root": "root"}
    arns = [readiness.arn(unit) for unit in readiness.fleet.units]
    return ", ".join(word for part, word in kinds.items() if any(part in arn for arn in arns))


def _session_end(readiness: Readiness) -> str:
    ends = readiness.workstation.surroundings.expires_at
    return f"until {ends.value:%Y-%m-%d %H:%M} UTC" if ends.kind == "seen" and ends.value else ""


def _may(action: str) -> Callable[[Readiness], str]:
    def words(readiness: Readiness) -> str:
        facts = [unit.observation.caller_rights for unit in readiness.fleet.units if unit.observation]
        rights = [right for fact in facts if fact.kind == "seen" for right in fact.value or ()]
        places = {right.resource for right in rights if right.action.startswith(action)}
        return f"on {counted(len(places), 'invoker')}, as IAM's simulation says"

    return words


def _published(readiness: Readiness) -> str:
    releases = readiness.fleet.releases.released.releases
    return next((f"published {one.published}" for one in releases if one.tag == readiness.to), "")


def _running(readiness: Readiness) -> str:
    return ", ".join(sorted({tag for unit in readiness.fleet.units for tag in readiness.running(unit)}))


def _images(readiness: Readiness) -> str:
    absent = readiness.absent_images()
    return f"{counted(len(absent), 'image')} to build" if absent else "in ECR already"


def _secret(readiness: Readiness) -> str:
    scripts = {pin.origin.file for pin in readiness.fleet.pins_of("build-secret")}
    return _some(sorted(scripts)) or "the repository has no build script of its own"


def _arguments(readiness: Readiness) -> str:
    scripts = [pin for pin in readiness.build_scripts() if pin.subject == "deploy-runner"]
    said = [one for pin in scripts for one in readiness.fleet.beside(pin, "build-arg")]
    return _some(f"{one.name} {one.value}" for one in said if one.name.endswith("_version"))


def _in_flight(readiness: Readiness) -> str:
    return f"none on {counted(sum(len(unit.stacks) for unit in readiness.fleet.units), 'cluster')}"


def _pulled(readiness: Readiness) -> str:
    rows = (row for unit in readiness.fleet.units for stack in unit.stacks for row in stack.deployed)
    return _some(sorted({place[2] for row in rows if (place := repository_of(row.image))}))


def _pins(readiness: Readiness) -> str:
    return f"{counted(len(readiness.fleet.pins_of('build-ref', 'ci-version')), 'pin')} at {readiness.to}"


_SEEN: Final[Mapping[str, Callable[[Readiness], str]]] = {
    "inside-the-runner": lambda _: "no variable of an ECS task is set",
    "tool-inside-repository": _outside,
    "tool-missing": _tools,
    "tool-too-old": _new_enough,
    "tool-differs-from-runner": _as_pinned,
    "region-not-set": lambda one: one.workstation.surroundings.region or "",
    "branch-not-default": _branch,
    "branch-behind": _fetched,
    "worktree-not-clean": _tree,
    "github-token-not-set": lambda _: "its value is shown nowhere",
    "github-token-refused": lambda one: "GitHub takes it" if _token(one) else "",
    "github-token-lacks-scope": _scopes,
    "github-token-sees-no-release": lambda one: f"{one.release_repo} at {one.to}",
    "github-token-ends-soon": _ends,
    "identity-of-a-machine": _callers,
    "identity-cannot-call-iam": _sessions,
    "identity-ends-too-soon": _session_end,
    "identity-may-not-invoke": _may("lambda:Invoke"),
    "identity-may-not-update": _may("lambda:Update"),
    "target-not-released": _published,
    "target-known-bad": lambda one: f"none of {_some(one.fleet.policy.known_bad)}",
    "target-older-than-running": lambda one: f"{_running(one)} runs",
    "upgrade-barrier": lambda one: f"none from {_running(one)}",
    "image-not-buildable": _images,
    "kaniko-too-old": lambda one: f"{one.builder().kaniko} runs, {KANIKO} needed",
    "module-ref-too-old": lambda one: f"{one.builder().catalog_ref}, {CATALOG} needed",
    "build-without-env-secret": _secret,
    "build-args-not-kept": _arguments,
    "invoker-pattern-broken": lambda _: "every expression compiles",
    "invoker-refuses-env-secret": lambda _: "among its options",
    "invoker-refuses-repository": lambda one: _some(one.build_repositories()),
    "invoker-refuses-ref": lambda one: f"--ref {one.to}",
    "invoker-refuses-option": lambda _: "--context-path, --docker-image-tag, --build-arg",
    "fleet-not-read": lambda one: counted(len(one.fleet.units), "unit"),
    "task-in-flight": _in_flight,
    "image-not-pullable": _pulled,
    "apply-outstanding": lambda one: f"declared and running: {_running(one)}",
    "pin-moves-along": _pins,
}
