"""Frozen dataset versions and their files."""
