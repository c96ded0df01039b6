"""The protocol engine: rounds, steps, repository, test-set firewall, progress."""
