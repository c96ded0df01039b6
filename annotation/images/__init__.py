"""Films with patients and sources; import, quality, duplicates."""
