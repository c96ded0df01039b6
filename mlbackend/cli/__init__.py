"""Training and prediction from the command line, without database or workers."""
