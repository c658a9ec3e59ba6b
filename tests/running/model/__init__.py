"""Proof that the nouns of what is there hold."""
