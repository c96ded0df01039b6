"""Settings by environment: base, test, production."""
