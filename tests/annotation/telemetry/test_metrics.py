"""Metrics: who may read them, that they are true, and that board and alerts ask for what there is."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import yaml
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from annotation.jobs.models import JobStatus, Worker
from annotation.reviews.services import leases_expire
from annotation.telemetry import metrics
from tests.factories import JobFactory, ReviewTaskFactory, UserFactory

ROOT = Path(__file__).resolve().parents[3]
TOKEN = "a-token-of-the-collector"


@pytest.fixture
def scrape(db: None, monkeypatch: pytest.MonkeyPatch) -> Any:
    """``scrape()``: all samples as (name, labels) to value, as a collector with the token reads them."""
    monkeypatch.setenv("METRICS_TOKEN", TOKEN)

    def ask() -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
        response = Client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
        assert response.status_code == 200
        families = text_string_to_metric_families(response.content.decode())
        return {(s.name, tuple(sorted(s.labels.items()))): s.value for family in families for s in family.samples}

    return ask


def sample(samples: Any, name: str, **labels: str) -> float:
    return float(samples[name, tuple(sorted(labels.items()))])


@pytest.mark.parametrize(
    ("setting", "value", "request_of", "status"),
    [
        (None, "", {}, 403),
        ("METRICS_TOKEN", TOKEN, {}, 403),
        ("METRICS_TOKEN", TOKEN, {"HTTP_AUTHORIZATION": "Bearer another-token-of-16"}, 403),
        ("METRICS_TOKEN", TOKEN, {"HTTP_AUTHORIZATION": f"Bearer {TOKEN}"}, 200),
        ("METRICS_ALLOWED", "10.1.0.0/16", {"REMOTE_ADDR": "10.1.2.3"}, 200),
        ("METRICS_ALLOWED", "10.1.0.0/16", {"REMOTE_ADDR": "10.2.0.1"}, 403),
        # A proxy's own address would let in whoever it lets in.
        ("METRICS_ALLOWED", "10.1.0.0/16", {"REMOTE_ADDR": "10.1.2.3", "HTTP_X_FORWARDED_FOR": "203.0.113.9"}, 403),
    ],
)
def test_metrics_are_for_the_token_and_the_allowed_addresses(
    db: None, monkeypatch: pytest.MonkeyPatch, setting: str | None, value: str, request_of: Any, status: int
) -> None:
    for name in ("METRICS_TOKEN", "METRICS_ALLOWED"):
        monkeypatch.delenv(name, raising=False)
    if setting:
        monkeypatch.setenv(setting, value)
    response = Client().get("/metrics", **request_of)
    assert response.status_code == status
    assert (b"groundwork_jobs" in response.content) == (status == 200)


def test_a_signed_in_admin_is_no_collector(db: None) -> None:
    client = Client()
    client.force_login(UserFactory(is_superuser=True, is_staff=True))
    assert client.get("/metrics").status_code == 403


def test_jobs_are_counted_aged_and_timed(scrape: Any) -> None:
    now = timezone.now()
    JobFactory(kind="train", status=JobStatus.QUEUED, attempt=1, queued_at=now - timedelta(seconds=90))
    for seconds in (10, 200):
        JobFactory(
            kind="predict",
            status=JobStatus.SUCCEEDED,
            attempt=1,
            started_at=now - timedelta(seconds=seconds),
            finished_at=now,
        )
    found = scrape()
    assert sample(found, "groundwork_jobs", kind="train", status="queued") == 1
    assert sample(found, "groundwork_jobs", kind="train", status="failed") == 0
    assert 90 <= sample(found, "groundwork_job_oldest_waiting_seconds", kind="train") < 120
    assert sample(found, "groundwork_job_oldest_waiting_seconds", kind="predict") == 0
    of = {"kind": "predict", "outcome": "succeeded"}
    assert sample(found, "groundwork_job_seconds_count", **of) == 2
    assert sample(found, "groundwork_job_seconds_sum", **of) == pytest.approx(210, abs=1)
    assert sample(found, "groundwork_job_seconds_bucket", le="15.0", **of) == 1
    assert sample(found, "groundwork_job_seconds_bucket", le="300.0", **of) == 2


def test_leases_that_run_out_are_counted_once(scrape: Any) -> None:
    before = sample(scrape(), "groundwork_lease_expiries_total")
    now = timezone.now()
    held = {"lease_holder": UserFactory(), "lease_token": uuid4(), "opened_at": now}
    ReviewTaskFactory(**held, lease_expires_at=now - timedelta(seconds=1))
    ReviewTaskFactory(**held, lease_expires_at=now + timedelta(hours=1))
    leases_expire()
    leases_expire()
    found = scrape()
    assert sample(found, "groundwork_lease_expiries_total") == before + 1
    assert sample(found, "groundwork_tasks_open", kind="verdict") == 2
    assert sample(found, "groundwork_leases_held", kind="verdict") == 1


def test_a_workers_gpu_memory_comes_from_its_sign_of_life(scrape: Any) -> None:
    gpu = {"index": 0, "used_bytes": 3_000_000_000, "total_bytes": 8_000_000_000}
    Worker.objects.create(name="gpu-box:7", seen_at=timezone.now(), gpus=[gpu])
    found = scrape()
    of = {"worker": "gpu-box:7", "gpu": "0"}
    assert sample(found, "groundwork_gpu_memory_bytes", state="used", **of) == 3e9
    assert sample(found, "groundwork_gpu_memory_bytes", state="total", **of) == 8e9
    assert sample(found, "groundwork_worker_silent_seconds", worker="gpu-box:7") < 30


def test_a_request_is_counted_by_view_and_status_and_never_by_its_address(scrape: Any) -> None:
    Client().get("/api/projects/secret-slug")
    counted = [key for key in scrape() if key[0] == "groundwork_requests_total"]
    assert any(dict(labels)["view"].startswith("/api/projects/<") for _, labels in counted)
    assert "secret-slug" not in str(counted)


def test_a_source_that_fails_hides_no_other(scrape: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> Any:
        raise RuntimeError("no such table")

    monkeypatch.setattr(metrics, "_sources", [broken, *metrics._sources])
    found = scrape()
    assert sample(found, "groundwork_metric_sources_failed") == 1
    assert any(name == "groundwork_jobs" for name, _ in found)


def test_several_web_processes_add_up_their_counts(tmp_path: Path) -> None:
    count = (
        "import os; os.environ['DJANGO_SETTINGS_MODULE'] = 'annotation.config.settings.test'; import django;"
        "from annotation.telemetry.requests import count_request; count_request('/api/x', 'GET', 200, 0.1)"
    )
    env = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path / "metrics")}
    for _ in range(2):
        subprocess.run([sys.executable, "-c", count], cwd=ROOT, env=env, check=True)
    from prometheus_client import CollectorRegistry, generate_latest
    from prometheus_client.multiprocess import MultiProcessCollector

    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=str(tmp_path / "metrics"))
    text = generate_latest(registry).decode()
    assert 'groundwork_requests_total{method="GET",status="200",view="/api/x"} 2.0' in text


def asked_for(text: str) -> set[str]:
    return set(re.findall(r"groundwork_\w+", text))


def test_board_and_alerts_ask_only_for_metrics_that_are_exported(scrape: Any) -> None:
    Worker.objects.create(
        name="gpu-box:7", seen_at=timezone.now(), gpus=[{"index": 0, "used_bytes": 1, "total_bytes": 2}]
    )
    JobFactory(status=JobStatus.SUCCEEDED, attempt=1, started_at=timezone.now(), finished_at=timezone.now())
    ReviewTaskFactory(state="done", settled_at=timezone.now(), done_by=UserFactory())
    Client().get("/health/live")
    exported = {name for name, _ in scrape()} | {"groundwork_acts_total"}
    board = json.loads((ROOT / "docker/grafana/dashboards/groundwork.json").read_text())
    queries = [target["expr"] for panel in board["panels"] for target in panel.get("targets", [])]
    alerts = yaml.safe_load((ROOT / "docker/prometheus/alerts.yml").read_text())
    rules = [rule["expr"] for group in alerts["groups"] for rule in group["rules"]]
    assert len(queries) >= 15
    assert len(rules) >= 5
    assert asked_for(" ".join(queries + rules)) - exported == set()


def test_every_alert_says_what_to_do() -> None:
    alerts = yaml.safe_load((ROOT / "docker/prometheus/alerts.yml").read_text())
    for rule in alerts["groups"][0]["rules"]:
        assert rule["annotations"].keys() == {"summary", "remedy"}


def test_the_board_has_one_source_and_no_panel_over_another() -> None:
    board = json.loads((ROOT / "docker/grafana/dashboards/groundwork.json").read_text())
    sources = yaml.safe_load((ROOT / "docker/grafana/provisioning/datasources/prometheus.yml").read_text())
    assert {panel["datasource"]["uid"] for panel in board["panels"] if "datasource" in panel} == {
        sources["datasources"][0]["uid"]
    }
    cells = [
        (x, y)
        for place in (panel["gridPos"] for panel in board["panels"])
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(cells) == len(set(cells))
