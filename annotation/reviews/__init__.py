"""The queue: tasks with leases and replicas, and what people did with them, append-only."""
