"""Errors reported to a Sentry server: what they say, and what they must never say."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import sentry_sdk
from django.test import Client
from sentry_sdk.transport import Transport

from mlbackend.logs import bound
from mlbackend.reporting import report_errors

pytestmark = pytest.mark.one_database

SECRETS = ("PAT-77", "MUELLER-thorax.dcm", "hunter2")


class Kept(Transport):
    """Keeps what would be sent."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[str] = []

    def capture_envelope(self, envelope: Any) -> None:
        """Note the whole envelope as text."""
        self.sent.append(envelope.serialize().decode())


@pytest.fixture
def transport(monkeypatch: pytest.MonkeyPatch) -> Iterator[Kept]:
    monkeypatch.setenv("SENTRY_DSN", "https://key@sentry.invalid/1")
    kept = Kept()
    assert report_errors("web", transport=kept)
    yield kept
    sentry_sdk.get_client().close(timeout=0)
    sentry_sdk.get_global_scope().set_client(None)


def test_nothing_is_reported_without_the_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SENTRY_DSN", raising=False)
    assert not report_errors("web")
    assert not sentry_sdk.is_initialized()


def test_an_error_in_a_view_is_reported_by_kind_and_place_without_what_was_asked_or_said(
    transport: Kept, user: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(request: Any) -> Any:
        raise RuntimeError(f"cannot read {SECRETS[1]} of {SECRETS[0]}")

    monkeypatch.setattr("annotation.telemetry.metrics.may_read", break_down)
    client = Client(raise_request_exception=False)
    client.force_login(user)
    client.get(
        "/metrics?patient=PAT-77",
        headers={"Cookie": "session=hunter2", "X-Request-ID": "request-88", "X-File": "MUELLER-thorax.dcm"},
    )
    text = "\n".join(transport.sent)
    assert "RuntimeError" in text
    assert "annotation.telemetry.metrics" in text
    assert '"request_id":"request-88"' in text.replace(": ", ":")
    for secret in (*SECRETS, user.username, str(user.pk)):
        assert secret not in text


def test_the_words_of_an_error_and_its_variables_stay_here(transport: Kept) -> None:
    patient = SECRETS[0]
    with bound(job="job-12345"):
        try:
            raise ValueError(f"{patient} has no film {SECRETS[1]}")
        except ValueError:
            logging.getLogger("annotation.any").exception("film %s of %s failed", SECRETS[1], patient)
    text = "\n".join(transport.sent)
    event = json.loads(text.splitlines()[-1])
    assert event["exception"]["values"][0]["type"] == "ValueError"
    assert event["logentry"]["message"] == "film %s of %s failed"
    assert event["tags"] == {"request_id": "", "job_id": "job-12345", "component": "web"}
    assert event["exception"]["values"][0]["stacktrace"]["frames"][-1]["function"].startswith("test_the_words")
    for secret in SECRETS:
        assert secret not in text


def test_a_librarys_own_words_stay_here_too(transport: Kept) -> None:
    logging.getLogger("some.library").error(f"cannot open {SECRETS[1]}")
    text = "\n".join(transport.sent)
    assert "some.library" in text
    assert SECRETS[1] not in text
