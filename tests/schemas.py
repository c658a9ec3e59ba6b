"""The validator of JSON Schemas, without the formats of internationalized addresses, which no schema here has.

Their package builds 38 grammars as it is imported: two seconds, in each worker.
"""

from __future__ import annotations

import sys

sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]  # how Python says that there is no such module

import check_jsonschema  # noqa: E402 -- as above
import jsonschema  # noqa: E402 -- as above

del sys.modules["rfc3987_syntax"]

__all__ = ["check_jsonschema", "jsonschema"]
