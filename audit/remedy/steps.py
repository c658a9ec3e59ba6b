"""Steps of a plan: plain values that say what is to be done, why, where, by which command, and how to take it back.

A command is a list of words, never a line for a shell. ``{plan_file}`` and ``{checkout}`` in it stand for a file and a
folder that whoever runs it makes for this step alone, outside of the repository, readable by nobody else, and takes
away afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from audit.remedy.edit import Edit

PLAN_FILE = "{plan_file}"
CHECKOUT = "{checkout}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Command:
    """One program with its words; ``cwd`` is relative to the repository's root.

    ``environment`` names variables that must be set, ``feed`` is a command whose output is this one's input, and
    ``expect`` a word that the output must hold; with ``empty`` it must hold nothing but white space.
    ``otherwise`` tells people what it means where that is not so. ``confirm`` asks before it is started.
    """

    argv: tuple[str, ...]
    cwd: str = "."
    environment: tuple[str, ...] = ()
    feed: tuple[str, ...] = ()
    expect: str | None = None
    empty: bool = False
    otherwise: str | None = None
    confirm: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class BuildImage:
    """Build and push an image by the pipeline itself, from inside; ``check`` asks ECR for the tag."""

    image: str
    tag: str
    check: Command
    kind: Literal["BuildImage"] = "BuildImage"


@dataclass(frozen=True, kw_only=True, slots=True)
class BootstrapImage:
    """Build an image by local Docker and push it, because the pipeline cannot; ``check`` asks ECR for the tag."""

    image: str
    tag: str
    check: Command
    kind: Literal["BootstrapImage"] = "BootstrapImage"


@dataclass(frozen=True, kw_only=True, slots=True)
class EditPin:
    """Change the literals of one file; ``patch`` is the same for git, None where the text was not at hand."""

    edits: tuple[Edit, ...]
    patch: str | None
    kind: Literal["EditPin"] = "EditPin"


@dataclass(frozen=True, kw_only=True, slots=True)
class Commit:
    """Commit the files on a branch of their own."""

    branch: str
    message: str
    files: tuple[str, ...]
    kind: Literal["Commit"] = "Commit"


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenPullRequest:
    """Push the branch and ask for a review."""

    branch: str
    title: str
    kind: Literal["OpenPullRequest"] = "OpenPullRequest"


@dataclass(frozen=True, kw_only=True, slots=True)
class ApplyUnit:
    """Apply a unit by hand: the pipeline leaves its own runner out.

    ``before`` maps each family to the image that ran when the plan was made, None where there was no such family;
    it is empty where that is not known. It is the way back.
    """

    unit: str
    tool: Literal["terragrunt", "terraform"]
    before: tuple[tuple[str, str | None], ...] = ()
    kind: Literal["ApplyUnit"] = "ApplyUnit"


@dataclass(frozen=True, kw_only=True, slots=True)
class VerifyUnit:
    """Look whether each family of a unit runs what is declared: ``images`` maps the one to the other."""

    unit: str
    images: tuple[tuple[str, str], ...]
    kind: Literal["VerifyUnit"] = "VerifyUnit"


Action: TypeAlias = BuildImage | BootstrapImage | EditPin | Commit | OpenPullRequest | ApplyUnit | VerifyUnit


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One step: ``number`` counts from 1; ``hop`` and ``wave`` say where in the plan it belongs.

    ``identity`` is the command by which it is made sure that the credentials are of ``account_id`` before anything
    else. ``guards`` only look, and are run after ``identity``: where one fails, or does not show what it must, the step
    is not started. ``evidence`` only looks as well, and is run after ``commands``: what it shows is kept, and where it
    fails nothing else is started. ``waits`` says what is to be found out or done first; such a step is not started.
    """

    number: int
    title: str
    why: str
    action: Action
    commands: tuple[Command, ...]
    postcondition: str
    undo: str
    preconditions: tuple[str, ...] = ()
    hop: int = 1
    wave: int | None = None
    account: str | None = None
    account_id: str | None = None
    region: str | None = None
    identity: Command | None = None
    guards: tuple[Command, ...] = ()
    evidence: tuple[Command, ...] = ()
    waits: str | None = None
