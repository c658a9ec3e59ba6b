"""Proof of what is newest."""
