"""Stub executables that print what the real tools print for ``--version``."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

OUTPUTS: Mapping[str, str] = {
    "aws": "aws-cli/2.15.30 Python/3.11.8 Linux/6.5.0-1016-aws exe/x86_64.debian.12 prompt/off",
    "aws-vault": "v7.2.0",
    "docker": "Docker version 24.0.7, build afdd53b",
    "git": "git version 2.39.5",
    "infrastructure-deployer": "infrastructure-deployer version v0.57.3",
    "terraform": "Terraform v1.5.7\non linux_amd64",
    "terragrunt": "terragrunt version v0.55.1",
}


def install(folder: Path, **outputs: str | None) -> Path:
    """Put a stub for each tool into a folder; ``outputs`` (``aws_vault=…``) says otherwise, None leaves one out."""
    folder.mkdir(parents=True, exist_ok=True)
    said = {**OUTPUTS, **{name.replace("_", "-"): text for name, text in outputs.items()}}
    for name, text in said.items():
        if text is not None:
            script(folder / name, f"printf '%s\\n' {shlex.quote(text)}")
    return folder


def script(path: Path, body: str) -> Path:
    """Write one executable."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    path.chmod(0o755)
    return path
