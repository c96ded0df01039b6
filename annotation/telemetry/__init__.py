"""What the installation tells those who run it: health, ids in logs, metrics, errors, checks of its settings."""
