"""Output of commands as it may be shown and kept: secrets masked, colours dropped, nothing that steers a terminal."""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING

from audit.text import neutral

if TYPE_CHECKING:
    from collections.abc import Mapping

MASK = "***"

_SECRET_NAME = re.compile(r"TOKEN|SECRET|PASSW|CREDENTIAL|PRIVATE|API_?KEY|ACCESS_KEY", re.IGNORECASE)
_SHORTEST = 8
_SECRET = re.compile(
    r"gh[pousr]_\w{16,}|github_pat_\w{16,}|gl(?:pat|rt)-[\w-]{16,}|xox[abeprs]-[\w-]{10,}|(?:AKIA|ASIA)[A-Z0-9]{12,}"
    r"|sk[-_](?:live|test|ant|proj)[\w-]{10,}|npm_\w{16,}|pypi-[\w-]{16,}|dop_v1_\w{16,}|hvs\.[\w-]{16,}"
    r"|eyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?",
    re.ASCII,
)
_USER = re.compile(r"(?<=://)(?!git@)[^/\s@\"']+(?=@)")
_NAMED = re.compile(
    r"((?:password|passwd|secret(?:_?access_?key)?|session_?token|auth_?token|api_?key|private_?key)"
    r"[\"']?\s*(?:=>?|:)\s*[\"']?)([^\s\"'(]{6,})",
    re.IGNORECASE,
)
_KEY_BEGINS, _KEY_ENDS = (
    re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    re.compile(r"-----END [A-Z ]*PRIVATE KEY-----"),
)
_COLOURS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)")
_LONGEST = 64 * 1024


class Masker:
    """Output as it comes in: whole lines go out at once, what is no whole line yet is held until it is asked for."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        # A name such as AWS_SHARED_CREDENTIALS_FILE is of a path, which would be masked wherever it stands.
        named = {name: value for name, value in environment.items() if not name.upper().endswith("_FILE")}
        found = {value for name, value in named.items() if _SECRET_NAME.search(name) and len(value) >= _SHORTEST}
        self._known = sorted(found, key=len, reverse=True)
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._held = ""
        self._in_key = False

    def take(self, data: bytes) -> str:
        """Take output in, and give what may go out by now."""
        self._held += self._decoder.decode(data)
        whole, newline, rest = self._held.rpartition("\n")
        if not newline and len(rest) < _LONGEST:
            return ""
        self._held = rest if newline else ""
        return "".join(f"{self._masked(line)}\n" for line in (whole if newline else rest).split("\n"))

    def rest(self) -> str:
        """Give what has come of a line that has no end: a question, say."""
        held, self._held = self._held, ""
        return self._masked(held) if held else ""

    def _masked(self, line: str) -> str:
        if self._in_key or _KEY_BEGINS.search(line):
            self._in_key = not _KEY_ENDS.search(line)
            return MASK
        return neutral(self.clean(_COLOURS.sub("", line.rstrip("\r").replace("\r", "\n"))))

    def clean(self, text: str) -> str:
        """Mask what is a secret by its look, by the name before it, or because the environment has it."""
        for value in self._known:
            text = text.replace(value, MASK)
        text = _USER.sub(MASK, _SECRET.sub(MASK, text))
        return _NAMED.sub(rf"\1{MASK}", text)
