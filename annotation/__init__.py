"""The platform: everything that people and the database touch."""
