"""Judgements: pytest modules, one per subject, whose tests assert on one noun each."""
