"""Carrying a plan out: who may, what must hold before and after, one command at a time, and a journal of it all."""
