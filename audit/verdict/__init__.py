"""What it means: pairing, checks, findings, the ledger and the exit code."""
