"""Configuration: what a run can be told, by options, the environment and files, and where each value came from."""
