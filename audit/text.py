"""Text from outside made harmless to look at: what would steer a terminal or a reader's eye is shown, not sent."""

from __future__ import annotations

import re

# C0 but tab and newline, DEL and C1, soft hyphen, direction and zero-width marks, line and paragraph separators,
# interlinear marks, tag characters, lone surrogates and non-characters: also all that XML 1.0 forbids.
_STEERING = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\ufeff\ufff9-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e007f]"
    # The runners of GitHub and Azure take ##[…] and ##vso[…] for a command anywhere in a line of a log.
    r"|#(?=#(?:vso)?\[)"
)
_COMMAND = re.compile(r"^([ \t]*):(?=:)", re.MULTILINE)


def _shown(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def neutral(text: str) -> str:
    r"""Show control, direction and invisible characters as ``\x1b`` or ``\u202e``; newline and tab stay."""
    return _STEERING.sub(_shown, text)


def without_commands(text: str) -> str:
    r"""Show the first colon of a line that begins with ``::``: a log of GitHub Actions takes it for a command.

    Blanks before it don't help: the runner skips them.
    """
    return _COMMAND.sub(r"\1\\x3a", text)


def one_line(text: str, limit: int = 300) -> str:
    """Make text neutral, one line, and at most ``limit`` characters long (its full length said where cut)."""
    whole = neutral(" ".join(text.split()))
    if len(whole) <= limit:
        return whole
    return f"{whole[: limit - 1]}… ({len(whole):,} characters)"


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """Say a number with its noun: ``1 unit``, ``3 units``."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"
