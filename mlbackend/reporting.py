"""Errors reported to a Sentry server, where SENTRY_DSN names one, without anything that could tell of a patient.

A report says what kind of error happened where in the code, in which process, for which request and job. Left out are
all texts that hold values: the error's own words, arguments, variables, bodies, headers, addresses, names.
"""

from __future__ import annotations

from typing import Any

from mlbackend.environment import read
from mlbackend.logs import job_id, request_id

KEPT = {"event_id", "timestamp", "platform", "level", "logger", "release", "environment", "sdk"}
OWN = ("annotation.", "mlbackend.")
FRAME = {"filename", "function", "module", "lineno", "in_app"}
OMITTED = "(left out: it may name a film or a patient; the log of this process has it)"


def scrub(event: dict[str, Any], hint: dict[str, Any] | None = None) -> dict[str, Any]:
    """The event with what may be known outside, and nothing else."""
    clean = {name: value for name, value in event.items() if name in KEPT}
    clean["tags"] = {
        "request_id": request_id(),
        "job_id": job_id(),
        "component": (event.get("tags") or {}).get("component", ""),
    }
    template = (event.get("logentry") or {}).get("message")
    if template and str(event.get("logger", "")).startswith(OWN):
        # The words as they stand in our code, before values were put in; others may put theirs in first.
        clean["logentry"] = {"message": template}
    if "exception" in event:
        clean["exception"] = {"values": [_exception(one) for one in event["exception"].get("values") or []]}
    return clean


def _exception(one: dict[str, Any]) -> dict[str, Any]:
    frames = (one.get("stacktrace") or {}).get("frames") or []
    return {
        "type": one.get("type"),
        "module": one.get("module"),
        "value": OMITTED,
        "stacktrace": {"frames": [{k: v for k, v in frame.items() if k in FRAME} for frame in frames]},
    }


def report_errors(component: str, **options: Any) -> bool:
    """Begin to report this process's errors; whether SENTRY_DSN is set. ``options`` go to the library."""
    dsn = read("SENTRY_DSN")
    if not dsn:
        return False
    import sentry_sdk

    sentry_sdk.init(
        dsn=dsn,
        environment=read("SENTRY_ENVIRONMENT"),
        include_local_variables=False,
        include_source_context=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        server_name="",
        auto_session_tracking=False,
        before_send=scrub,  # type: ignore[arg-type]
        before_send_transaction=lambda event, hint: None,
        **options,
    )
    name_component(component)
    return True


def name_component(component: str) -> None:
    """Say in all reports from now on which process this is; nothing where errors are not reported."""
    if read("SENTRY_DSN"):
        import sentry_sdk

        sentry_sdk.set_tag("component", component)
