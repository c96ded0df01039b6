"""A project: one target, one annotation convention, its protocol as data, its people."""
