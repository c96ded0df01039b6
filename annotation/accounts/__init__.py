"""People, their pseudonyms and their tokens."""
