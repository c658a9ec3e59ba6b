"""What to do about it: the plan as data, as a runbook and as edits; nothing in here carries a plan out."""
