"""What sort of value something is, decided where it enters, so that the value itself can be dropped there."""

from __future__ import annotations

import math
import re
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from audit.running.model.ecs import ValueClass

DROPPED = "(dropped)"

_TOKEN = re.compile(
    r"gh[pousr]_|github_pat_|glpat-|glrt-|xox[abeprs]-|(?:AKIA|ASIA)[A-Z0-9]{12}|sk[-_](?:live|test|ant|proj)|npm_|pypi-|"
    r"dop_v1_|hvs\.|SG\.[\w-]{16}|hooks\.slack\.com/services/|[?&][\w-]*(?:token|secret|password|key|sig)=[^&\s]|ATATT|eyJ[A-Za-z0-9_-]{8}|-----BEGIN|[a-z+]+://[^/\s:@]*:[^/\s@]+@|[a-z+]+://[^/\s:@]{16,}@",
)
_NUMBER = re.compile(r"[+-]?\d{1,12}(?:\.\d+)?|true|false|null", re.IGNORECASE)
_WORD = re.compile(r"[A-Za-z][A-Za-z_-]{0,31}|v?\d+(?:\.\d+){1,3}|(?:[a-z]{2}-){1,3}[a-z]+-\d", re.ASCII)
_URL = re.compile(r"(?:(?:git::)?(?:git\+)?(?:https?|ssh|git|s3)://|git@)[\w.@:/~?=&%+#-]+", re.ASCII)
_BLOB = re.compile(r"[A-Za-z0-9+/_-]{200,}={0,2}", re.ASCII)
_DENSE = re.compile(r"[A-Za-z0-9+/_=.~-]{16,}", re.ASCII)
_SECRET_NAME = re.compile(
    r"(?:.*[_-])?(?:secrets?|tokens?|passw(?:or)?d|passphrase|pwd|credentials?|pat|oauth|(?:private|api|access|secret)_?key)"
    r"(?:[_-]?(?:value|key))?",
    re.IGNORECASE,
)
_OPTION = re.compile(r"-{0,2}[A-Za-z][A-Za-z_-]*", re.ASCII)
# What only says where a secret is: an environment variable, by itself or after a name for it; an ARN.
_REFERENCE = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|arn:aws[a-z-]*:\S+", re.ASCII)
# English words and paths stay below 3.6 bits a character; random base64 of 20 characters is at about 4.
_ENTROPY = 3.6


def value_class(value: str) -> ValueClass:
    """Say what sort of value it is; in doubt a token rather than a word."""
    return next((sort for sort, fits in _SORTS if fits(value)), "text")


def looks_random(value: str) -> bool:
    """Whether a part of the value is as dense as a key: long, of the alphabets of hex and base64, and without order."""
    return any(_is_mixed(part) and _entropy(part) > _ENTROPY for part in _DENSE.findall(value)) or bool(
        re.fullmatch(r"[0-9a-fA-F]{32,}", value)
    )


def without_secrets(value: str) -> str:
    """Keep a value that is no secret by its looks; anything else is replaced."""
    return DROPPED if value_class(value) in {"token", "encoded"} else value


def names_secret(name: str) -> bool:
    """Whether a name, of a variable or an option, says that its value is a secret."""
    return _SECRET_NAME.fullmatch(name.lstrip("-")) is not None


def option_value(option: str, value: str) -> str:
    """Keep a value of an option that is no secret by its looks, by the option's name or by its own (``name=value``).

    What only says where a secret is stays: the check of an upgrade reads it.
    """
    name, equals, rest = value.partition("=")
    if not (equals and _OPTION.fullmatch(name)):
        name, rest = "", value
    is_secret = names_secret(option) or names_secret(name)
    if without_secrets(rest) == DROPPED or (is_secret and not _REFERENCE.fullmatch(rest)):
        return DROPPED
    return value


def _is_mixed(part: str) -> bool:
    return any(one.isdigit() for one in part) and any(one.isalpha() for one in part)


def _entropy(text: str) -> float:
    return -sum(number / len(text) * math.log2(number / len(text)) for number in Counter(text).values())


# In this order: what is first decides.
_SORTS: tuple[tuple[ValueClass, Callable[[str], object]], ...] = (
    ("empty", lambda value: not value.strip()),
    ("token", _TOKEN.search),
    ("arn", re.compile(r"arn:aws[a-z-]*:\S*").fullmatch),
    ("number", _NUMBER.fullmatch),
    ("encoded", _BLOB.fullmatch),
    ("url", _URL.fullmatch),
    ("word", _WORD.fullmatch),
    ("token", looks_random),
)
