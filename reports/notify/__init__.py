"""Notices: what changed since the run before, told once to Slack, to a webhook, in an issue on GitHub.

Nothing here ever changes how a run ends: what could not be told is one line.
"""

from reports.notify.targets import Target, parse
from reports.notify.tell import tell

__all__ = ["Target", "parse", "tell"]
