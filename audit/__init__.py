"""pipelines-audit: looks once at what is declared, running and released, judges it offline, reports and plans.

::

    config ─► fleet ─► declared ∥ running ∥ released ─► Snapshot ─► pairs ─► checks ─► Findings ─► reports · history
                                                            └──────────────── + ───────────────┘
                                                                              ▼
                                                                  Plan ─► run ─► verify (look again)
"""

__version__ = "0.1.0"
