"""The documentation's commands are read as a reader reads them, and a wrong output is told from a right one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.docs.fences import fences, fits

if TYPE_CHECKING:
    from pathlib import Path

PAGE = """# A page

<!-- not run: needs a cluster -->
```sh
remote --start
```

```console
$ one --with \\
    two
first
$ three
exit 10: incomplete
$ four
$ echo $?
4
```

<!-- file: waivers.yaml -->
```yaml
version: 1
```

```toml
left = "alone"
```

<!-- run: exit 5 -->
```sh
five # a comment
six \\
  seven
```
"""


def test_a_page_is_read(tmp_path: Path) -> None:
    """Continued lines are one command, the exit code is the documented one."""
    page = tmp_path / "page.md"
    page.write_text(PAGE, encoding="utf-8")
    left, console, file, script = fences(page)
    assert left.left == "needs a cluster"
    assert [(one.command, one.output, one.code) for one in console.typed] == [
        ("one --with \\\n    two", ("first",), 0),
        ("three", ("exit 10: incomplete",), 10),
        ("four", (), None),
        ("echo $?", ("4",), 0),
    ]
    assert (file.file, file.text) == ("waivers.yaml", "version: 1\n")
    assert [(one.line, one.command, one.output, one.code) for one in script.typed] == [
        (30, "five # a comment", None, 5),
        (31, "six \\\n  seven", None, 5),
    ]


@pytest.mark.parametrize(
    ("seen", "output", "is_right"),
    [
        ("a\nb\n", ("a", "b"), True),
        ("a  \nb\n\n", ("a", "b"), True),
        ("a\n", ("a", "b"), False),
        ("a\nx\n", ("a", "b"), False),
        ("taken at 12:30 UTC\n", ("taken at … UTC",), True),
        ("a\n1\n2\nz\n", ("a", "…", "z"), True),
        ("a\nz\n", ("a", "…", "z"), True),
        ("a\n1\n2\ny\n", ("a", "…", "z"), False),
        ("a.b\n", ("a?b",), False),
    ],
    ids=["same", "white space", "short", "other", "part of a line", "lines", "no lines", "other end", "no pattern"],
)
def test_outputs_are_compared(seen: str, output: tuple[str, ...], is_right: bool) -> None:  # noqa: FBT001 -- parametrized
    """Dots stand for text and for lines, everything else for itself."""
    assert fits(seen, output) is is_right
