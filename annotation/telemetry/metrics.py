"""``/metrics`` for Prometheus: what web processes count, and what apps read from the database when they are asked.

An app registers a function that yields metric families. What lies in the database is the same whichever process is
asked, and outlives all of them.
"""

from __future__ import annotations

import hmac
import ipaddress
import logging
from collections.abc import Callable, Iterable, Iterator

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector

from annotation.telemetry.tallies import LEASES_EXPIRED, tally
from mlbackend.environment import is_set, read

log = logging.getLogger(__name__)

Source = Callable[[], Iterable[Metric]]
_sources: list[Source] = []
_BY_PROXY = ("X-Forwarded-For", "X-Forwarded-Proto", "X-Real-Ip", "Forwarded", "Via")


def register(source: Source) -> Source:
    """Ask the function for metric families at every scrape; usable as a decorator."""
    if source not in _sources:
        _sources.append(source)
    return source


@register
def _tallies() -> Iterator[Metric]:
    yield CounterMetricFamily("groundwork_lease_expiries", "Leases that ended unused.", value=tally(LEASES_EXPIRED))


class FromSources:
    """All registered sources as one collector. One that fails is left out and named: the others still count."""

    def collect(self) -> Iterator[Metric]:
        """Families of all sources, and how many sources failed."""
        failed = 0
        for source in _sources:
            try:
                yield from list(source())
            except Exception:
                log.exception("metrics: %s.%s failed", source.__module__, source.__qualname__)
                failed += 1
        yield GaugeMetricFamily("groundwork_metric_sources_failed", "Sources left out of this answer.", value=failed)


def exposition() -> bytes:
    """All metrics in Prometheus' text format."""
    registry = CollectorRegistry()
    registry.register(FromSources())  # type: ignore[arg-type]
    if is_set("PROMETHEUS_MULTIPROC_DIR"):
        MultiProcessCollector(registry, path=str(read("PROMETHEUS_MULTIPROC_DIR")))  # type: ignore[no-untyped-call]
        return generate_latest(registry)
    return generate_latest(REGISTRY) + generate_latest(registry)


def may_read(request: HttpRequest) -> bool:
    """Who has the token, or connects from an allowed address; not by a proxy, whose address would stand for all."""
    if token := read("METRICS_TOKEN"):
        given = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
        if hmac.compare_digest(given.encode(), token.encode()):
            return True
    networks = read("METRICS_ALLOWED")
    if not networks or any(name in request.headers for name in _BY_PROXY):
        return False
    try:
        address = ipaddress.ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return False
    return any(address in network for network in networks)


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """The metrics, for who may read them; else 403 that says how to be allowed."""
    if not may_read(request):
        words = "metrics are for METRICS_TOKEN (Authorization: Bearer) and METRICS_ALLOWED; see docs/settings.md\n"
        return HttpResponse(words, status=403, content_type="text/plain; charset=utf-8")
    return HttpResponse(exposition(), content_type=CONTENT_TYPE_LATEST)
