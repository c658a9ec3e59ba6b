"""pipelines-audit: looks once at what is declared, running and released, judges it offline, reports and plans.

::

    config ─► fleet ─► declared ∥ running ∥ released ─► Snapshot ─► pairs ─► checks ─► Findings ─► reports · history
                                                            └──────────────── + ───────────────┘
                                                                              ▼
                                                                  Plan ─► run ─► verify (look again)
"""

from __future__ import annotations


def __getattr__(name: str) -> str:
    """Give ``__version__``, asked for when it is needed: what was installed, by the git tag that it was built from."""
    if name != "__version__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import metadata  # noqa: PLC0415 -- start-up: it reads the installed distribution

    try:
        return metadata.version("pipelines-audit")
    except metadata.PackageNotFoundError:
        return "0+unknown"  # run from a folder that nobody installed
