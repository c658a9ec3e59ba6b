"""One look: which places are looked at, the rounds through them, and what is made of several looks."""
