"""The workstation: tools, git state and environment of whoever will run the upgrade; nothing of the repository runs."""
