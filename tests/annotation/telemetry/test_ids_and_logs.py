"""Ids of requests and jobs in logs and messages, and what a log may not say."""

from __future__ import annotations

import io
import json
import logging
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from celery import Celery
from celery.contrib.testing.worker import start_worker
from django.test import Client

from annotation.jobs import handlers
from annotation.jobs.services import job_create
from annotation.jobs.services.dispatch import job_send
from annotation.masks.services.manifest_import import manifest_import
from mlbackend import tracing
from mlbackend.broker import broker_settings
from mlbackend.logs import JsonLines, WithIds, bound, job_id, log_config, request_id
from mlbackend.messages import publish
from tests.factories import ProjectFactory

pytestmark = pytest.mark.one_database


@pytest.fixture
def lines() -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """All that anybody logs meanwhile, however unimportant, as JSON."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines("test"))
    handler.addFilter(WithIds())
    handler.setLevel(logging.DEBUG)
    loggers = [logging.getLogger(name) for name in ("", "annotation", "mlbackend", "django.request", "PIL")]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
    loggers[0].addHandler(handler)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    loggers[0].removeHandler(handler)
    for logger, level in zip(loggers, before, strict=True):
        logger.setLevel(level)


def test_a_sane_id_is_taken_over_and_sent_back(client: Client) -> None:
    assert client.get("/health/live", headers={"X-Request-ID": "proxy-1234.abc"})["X-Request-ID"] == "proxy-1234.abc"


@pytest.mark.parametrize(
    "given", ["", "short", "x" * 65, "a b c d e f", "id\u00e9-12345", "<script>alert", "-leading-dash"]
)
def test_any_other_id_is_replaced(client: Client, given: str) -> None:
    made = client.get("/health/live", headers={"X-Request-ID": given})["X-Request-ID"]
    assert made != given
    assert len(made) == 32


def test_two_requests_have_two_ids(client: Client) -> None:
    assert client.get("/health/live")["X-Request-ID"] != client.get("/health/live")["X-Request-ID"]


def test_nothing_is_bound_after_the_request(client: Client) -> None:
    client.get("/health/live")
    assert request_id() == ""


def test_a_line_says_to_which_request_and_job_it_belongs(lines: Any) -> None:
    with bound(request="request-1", job="job-1"):
        logging.getLogger("annotation.any").warning("something")
    line = lines()[-1]
    assert (line["request_id"], line["job_id"], line["message"]) == ("request-1", "job-1", "something")
    assert (line["component"], line["level"]) == ("test", "WARNING")


def test_plain_lines_say_it_too() -> None:
    record = logging.makeLogRecord({"name": "annotation.any", "levelname": "INFO", "msg": "something"})
    with bound(request="request-1"):
        WithIds().filter(record)
    formatter = log_config("web")["formatters"]["lines"]["()"]()
    assert formatter.format(record).endswith("INFO annotation.any request=request-1 something")


def test_each_request_leaves_a_line_without_its_address(lines: Any, user: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOG_REQUESTS", "1")
    client = Client()
    client.force_login(user)
    client.get("/api/projects/secret-slug?patient=PAT-77", headers={"X-Request-ID": "request-77"})
    line = next(line for line in lines() if line["logger"] == "annotation.telemetry.middleware")
    assert line["request_id"] == "request-77"
    assert (line["method"], line["status"], line["person"]) == ("GET", 404, str(user.pk))
    assert line["view"].startswith("/api/projects/<")
    assert line["milliseconds"] >= 0
    assert "PAT-77" not in json.dumps(line)
    assert "secret-slug" not in json.dumps(line)


def test_the_values_of_a_row_that_the_database_refused_are_left_out(lines: Any) -> None:
    # Put together here, as a traceback quotes the line that raises.
    words = "duplicate key\nDETAIL:  Key (patient)=({}) already exists.\nhint".format("PAT-77")
    try:
        raise RuntimeError(words)
    except RuntimeError as error:
        logging.getLogger("annotation.any").exception("refused: %s", error)
    assert "PAT-77" not in json.dumps(lines())
    assert "duplicate key" in json.dumps(lines())


def test_what_a_library_hangs_on_a_record_does_not_get_out(lines: Any) -> None:
    logging.getLogger("django.request").error("broken", extra={"request": "<WSGIRequest: GET '/films?patient=PAT-77'>"})
    assert "PAT-77" not in json.dumps(lines())


def test_a_job_remembers_the_request_that_made_it_and_its_message_carries_it(
    db: None, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    sent: list[dict[str, str]] = []
    monkeypatch.setattr("annotation.jobs.sending._publish", lambda *args: sent.append(tracing.headers()))
    with bound(request="request-55"), django_capture_on_commit_callbacks(execute=True):
        job = job_create(kind="predict", handler=handlers.NOTHING, request={"images": [], "models": []})
    # Sent again later, by the sweep, which no request asked for.
    job_send(job.pk, 1)
    job.refresh_from_db()
    assert job.request_id == "request-55"
    assert sent == [{tracing.HEADER: "request-55"}] * 2


def test_the_id_reaches_whoever_runs_the_task_by_the_messages_header(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The library would take it for that of any app.
    monkeypatch.delenv("CELERY_BROKER_URL", raising=False)
    tracing.trace_tasks()
    seen: list[tuple[str, str]] = []
    place = broker_settings(f"filesystem://{tmp_path}/broker")
    app = Celery("ids", fixups=[], set_as_current=False)
    app.conf.update(broker_url=place[0], broker_transport_options=place[1])

    @app.task(name="test.note")
    def note(job: dict[str, Any]) -> None:
        seen.append((request_id(), job_id()))

    with bound(request="request-99"):
        publish(app, place, "test.note", [{"job_id": "job-9"}], "notes")
    with start_worker(app, pool="solo", perform_ping_check=False, queues=["notes"], loglevel="ERROR"):
        deadline = time.monotonic() + 20
        while not seen and time.monotonic() < deadline:
            time.sleep(0.02)
    assert seen == [("request-99", "job-9")]


def test_an_import_logs_no_name_of_a_film_and_no_patient(db: None, tmp_path: Path, lines: Any) -> None:
    rng = np.random.default_rng(0)
    cv2.imwrite(str(tmp_path / "MUELLER-good.png"), rng.integers(0, 255, (80, 80), dtype=np.uint8))
    (tmp_path / "MUELLER-broken.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    (tmp_path / "MUELLER-broken.dcm").write_bytes(bytes(128) + b"DICM" + b"junk")
    names = ["MUELLER-good.png", "MUELLER-broken.png", "MUELLER-broken.dcm", "MUELLER-absent.png"]
    rows = "".join(f"{name},PAT-77\n" for name in names)
    (tmp_path / "films.csv").write_text("image,patient_id\n" + rows)
    report = manifest_import(project=ProjectFactory(), manifest=tmp_path / "films.csv", role="pool")
    assert len(report.problems) >= 3
    assert "MUELLER" not in json.dumps(lines())
    assert "PAT-77" not in json.dumps(lines())
