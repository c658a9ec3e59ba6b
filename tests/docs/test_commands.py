"""Every fenced command of README and docs runs in an empty home, with the output that its page shows."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from audit.verdict.history import keep
from tests.docs.fences import fences, fits
from tests.docs.world import World
from tests.forks import served
from tests.overlay.proxy import overlaid
from tests.processes import BIN, ROOT
from tests.remedy.carried.cloud import cloud
from tests.remedy.carried.world import World as Carried
from tests.verdict.history import nights

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PAGES = {
    str(page.relative_to(ROOT)): found
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
    if (found := fences(page))
}
CONVERGE = "docs/converge.md"


@pytest.fixture(scope="module")
def command(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Serve the command; gives the folder that it stands in."""
    folder = tmp_path_factory.mktemp("command")
    with served(folder):
        yield folder


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, dict[str, str]]]:
    """Have the demo kept running, as a reader has; gives its folder and what it says to set."""
    folder = tmp_path_factory.mktemp("sample")
    home = {"HOME": str(folder), "PATH": "/usr/bin:/bin"}
    words = (str(BIN / "pipelines-audit"), "demo", "--keep-running", "-o", "demo")
    with subprocess.Popen(words, cwd=folder, env=home, stdout=subprocess.PIPE, text=True) as demo:
        assert demo.stdout is not None
        found: dict[str, str] = {}
        for line in demo.stdout:
            name, _, value = shlex.split(line)[1].partition("=")
            found |= {name: value} if line.startswith("export ") else {}
            if name == "PIPELINES_AUDIT_OFFLINE":
                break
        yield folder / "demo" / "infrastructure-live", found
        demo.terminate()


@pytest.fixture
def world(tmp_path: Path, command: Path, sample: tuple[Path, dict[str, str]]) -> World:
    """Make a reader's home around a checkout of the sample."""
    repository, variables = sample
    shutil.copytree(repository, tmp_path / "infrastructure-live")
    return World.of(tmp_path, command, variables)


@pytest.mark.parametrize("page", sorted(PAGES.keys() - {CONVERGE}))
def test_commands_do_what_their_page_says(page: str, world: World) -> None:
    """In the order of the page, from one shell."""
    world.start(world.folder / "pipelines-audit" if page == "README.md" else world.repository)
    if page == "docs/history.md":
        for results in nights.thirty():
            assert keep.keep(results, f"sqlite:///{world.repository}/nights.db").note is None
    _demand(page, world)


def test_one_account_is_converged(tmp_path: Path, command: Path, aws: str) -> None:
    """The page that changes something, in the fleet in which plans are carried out, by real terraform."""
    if shutil.which("terraform") is None:
        pytest.skip("terraform is not installed: nothing can be carried out for real")
    with overlaid(aws) as overlay, cloud(overlay.url) as port:
        fleet = Carried.of(tmp_path, overlay, port)
        own = {"PATH": f"{tmp_path / 'bin'}:{command}:/usr/local/bin:/usr/bin:/bin", "TERM": "dumb", "COLUMNS": "100"}
        world = World(folder=tmp_path, environment={**fleet.environment, **own}, repository=fleet.live)
        world.start(fleet.live)
        _demand(CONVERGE, world)


def _demand(page: str, world: World) -> None:
    wrong = []
    for fence in PAGES[page]:
        if fence.file:
            world.write(fence.file, fence.text)
        for typed in fence.typed if fence.left is None else ():
            seen, code = world.type(typed)
            place = f"{page}:{typed.line}: $ {typed.command}"
            if typed.code is not None and code != typed.code:
                wrong.append(f"{place}\nended with {code}, not {typed.code}:\n{seen}")
            elif typed.output is not None and not fits(seen, typed.output):
                wrong.append(f"{place}\nsays:\n{seen}")
    assert not wrong, "\n\n".join(wrong)


def test_what_is_not_run_has_its_reason() -> None:
    """What cannot run without an account, a cluster or a network is marked, and is the small part."""
    left = [fence.left for page in PAGES.values() for fence in page if fence.left is not None]
    assert all(left)
    assert len(left) * 4 < sum(len(page) for page in PAGES.values())
