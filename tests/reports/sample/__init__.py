"""Results made by hand: a fleet of six accounts with every outcome, clean, hostile, very large, before an upgrade."""

from tests.reports.sample.catalogue import CHECKS, DISABLED
from tests.reports.sample.findings import finding
from tests.reports.sample.fleet import SANDBOX
from tests.reports.sample.hostile import hostile
from tests.reports.sample.large import large
from tests.reports.sample.past import JUDGED, LAST_NIGHT, TREND
from tests.reports.sample.places import ACCOUNTS, APPLIER, REGION, TAG, unit
from tests.reports.sample.upgrade import going, ready
from tests.reports.sample.whole import clean, results

__all__ = [
    "ACCOUNTS",
    "APPLIER",
    "CHECKS",
    "DISABLED",
    "JUDGED",
    "LAST_NIGHT",
    "REGION",
    "SANDBOX",
    "TAG",
    "TREND",
    "clean",
    "finding",
    "going",
    "hostile",
    "large",
    "ready",
    "results",
    "unit",
]
