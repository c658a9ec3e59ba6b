"""A tour of the main job: a sample infrastructure-live repository and a seeded AWS emulator (extra ``demo``)."""
