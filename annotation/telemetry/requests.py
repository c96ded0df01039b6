"""Counts and durations of requests, added up over all web processes.

With several processes the library keeps them in files below PROMETHEUS_MULTIPROC_DIR, which is made before the library
is imported.
"""

from __future__ import annotations

from pathlib import Path

from mlbackend.environment import read

if folder := read("PROMETHEUS_MULTIPROC_DIR"):
    Path(folder).mkdir(parents=True, exist_ok=True)

from prometheus_client import Counter, Histogram

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)

REQUESTS = Counter("groundwork_requests_total", "Requests by view and status.", ["view", "method", "status"])
SECONDS = Histogram("groundwork_request_seconds", "Seconds to answer, by view.", ["view", "method"], buckets=BUCKETS)
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


def count_request(view: str, method: str, status: int, seconds: float) -> None:
    """Count one answered request; methods that nobody knows share a label, lest strangers make labels."""
    method = method if method in METHODS else "other"
    REQUESTS.labels(view, method, str(status)).inc()
    SECONDS.labels(view, method).observe(seconds)
