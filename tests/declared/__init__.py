"""Proof of what is declared."""
