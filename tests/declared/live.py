"""The small repositories of ``tests/live``: copied, read, compared with what a person wrote beside them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audit.declared.document import to_document
from audit.declared.tree import WorkTree
from audit.declared.units import read

if TYPE_CHECKING:
    from audit.declared.model import Declared

SOURCE = "git::git@github.com:example/service-catalog.git//modules/mgmt/ecs-deploy-runner?ref=v0.104.2"
UNIT = "dev/eu-west-1/mgmt/ecs-deploy-runner"
ACCOUNTS = {"accounts.json": '{"dev": "345678901234"}'}
LIVE = Path(__file__).parent.parent / "live"


def declared(root: Path, scope: str = "") -> Declared:
    """Read a repository that lies at ``root``."""
    return read(WorkTree(root), scope)


def document(root: Path, scope: str = "") -> dict[str, Any]:
    """Give a repository's document, as it comes back from JSON."""
    loaded: dict[str, Any] = json.loads(json.dumps(to_document(declared(root, scope))))
    return loaded


def expected(layout: str) -> dict[str, Any]:
    """Give what a person wrote about a layout."""
    loaded: dict[str, Any] = json.loads((LIVE / f"{layout}.json").read_text(encoding="utf-8"))
    return loaded


def write(root: Path, files: dict[str, str]) -> Path:
    """Write files below a directory; gives the directory."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def unit_text(inputs: str = "", source: str = SOURCE) -> str:
    """Give the text of a unit whose other containers are null."""
    names = ("docker_image_builder", "ami_builder", "terraform_applier")
    nothing = "".join(f"  {name}_config = null\n" for name in names)
    return f'terraform {{\n  source = "{source}"\n}}\n\ninputs = {{\n{nothing}{inputs}}}\n'


def planner_text(tag: str = '"v1"') -> str:
    """Give the input of a planner with that expression as its tag."""
    image = f'container_image = {{ docker_image = "registry.example.com/runner", docker_tag = {tag} }}'
    return f"  terraform_planner_config = {{ {image} }}\n"
