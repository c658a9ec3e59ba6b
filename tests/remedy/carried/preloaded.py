"""All that the tool loads at some time, loaded once, in the process that its runs are forked from."""

from __future__ import annotations

import audit.cli.carrying
import audit.cli.judging
import audit.cli.progress
import audit.cli.remedy
import audit.cli.returning
import audit.door
import audit.look.once
import audit.plugin
import audit.remedy.carrying.aftermath
import audit.remedy.carrying.handing
import audit.remedy.carrying.opening
import audit.remedy.carrying.run
import audit.remedy.making
import audit.running.session  # noqa: F401 -- as all above
from audit.configuration import config
from audit.declared.syntax import parse
from audit.remedy.document import schema

# What is made at its first use, and kept: tables of the parser, and of what is valid.
parse("a = 1\n", "a.hcl")
config.resolve({"offline": True}, {"PIPELINES_AUDIT_OFFLINE": "true"})
schema()
