"""Lambda's Python runtimes and the day from which AWS no longer supports each.

Source: "Lambda runtimes" in the AWS Lambda Developer Guide, as of November 2026. A runtime that is not listed is taken
for newer than this table.
"""

from __future__ import annotations

from datetime import date

PYTHON_ENDS = {
    "python2.7": date(2021, 7, 15),
    "python3.6": date(2022, 7, 18),
    "python3.7": date(2023, 12, 4),
    "python3.8": date(2024, 10, 14),
    "python3.9": date(2025, 12, 15),
    "python3.10": date(2026, 10, 31),
    "python3.11": date(2027, 6, 30),
    "python3.12": date(2028, 10, 31),
    "python3.13": date(2029, 6, 30),
}


def deprecated_since(runtime: str, today: date) -> date | None:
    """Give the day on which a runtime was deprecated, None while it is supported."""
    end = PYTHON_ENDS.get(runtime)
    return end if end is not None and end <= today else None
