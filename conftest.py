"""The switchboard: which plugins pytest runs with in a checkout of this project."""

pytest_plugins = ["audit.plugin", "reports.plugin"]
