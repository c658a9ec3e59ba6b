"""Proof: mirrors the tree of the product."""
