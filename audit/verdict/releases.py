"""Releases as a noun for checks: the list, the day of judging, and how old the list may be to prove a negative."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from audit.released.model import Released


@dataclass(frozen=True, kw_only=True, slots=True)
class Releases:
    """What is published, and how far a tag is behind it."""

    released: Released
    today: date
    max_age_days: int
