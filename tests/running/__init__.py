"""Proof that AWS is seen as it is, or not at all."""
