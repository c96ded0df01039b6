"""One ML job: kind, status, attempt, heartbeat, progress, error; dispatch and sweep."""
