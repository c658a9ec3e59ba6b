"""Tests of the configuration: options, files and where values came from."""
