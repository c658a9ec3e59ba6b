"""Proof of the other places where a version is written."""
