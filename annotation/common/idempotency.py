"""``Idempotency-Key``: a request that is sent again, after a lost answer or a double click, gets the first answer.

Reviewers' acts carry their key in the body and keep it with the act for good; this is for all else that a person
submits: projects, imports, people, starts and pauses, exports.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import Resolver404, resolve
from django.utils import timezone
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.views import APIView

from annotation.common.errors import Conflict, DomainError, InvalidInput
from annotation.common.models import KeptAnswer

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
SHORTEST, LONGEST = 8, 64
KEPT = timedelta(days=7)
GIVEN_UP = timedelta(minutes=10)
"""A request without an answer for this long was cut off: the next one with its key may work."""
_UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}

Handler = Callable[[HttpRequest], HttpResponse]


def idempotency_middleware(get_response: Handler) -> Handler:
    """Answer a repeated request with what the first was answered, where it succeeded; a failed one may be repeated."""

    def handle(request: HttpRequest) -> HttpResponse:
        key = request.headers.get(HEADER)
        if key is None or request.method not in _UNSAFE or not request.path.startswith("/api/"):
            return get_response(request)
        caller = _caller(request)
        if caller is None or not _may_be_kept(request):
            return get_response(request)
        try:
            row = _claim(request, caller, key)
        except DomainError as error:
            return JsonResponse(error.as_json(), status=error.status)
        if row.status is not None:
            answer = HttpResponse(row.body, status=row.status, content_type=row.content_type or None)
            answer[REPLAYED] = "true"
            return answer
        response = None
        try:
            response = get_response(request)
            return response
        finally:
            _keep(row, response)

    return handle


def _caller(request: HttpRequest) -> str | None:
    """Who asks, by token or session; None for strangers and broken headers, whom the view itself answers.

    Forged requests are the view's to refuse too: a refusal is not kept. The body stays unread here, as the check for
    forgery would read it through parsers that only the view knows.
    """
    others = [one for one in APIView().get_authenticators() if not isinstance(one, SessionAuthentication)]
    asked = Request(request, authenticators=others)
    try:
        found = next((who for one in asked.authenticators or () if (who := one.authenticate(asked))), None)
    except APIException:
        return None
    user: Any = found[0] if found else request.user
    return str(user.pk) if user.is_authenticated else None


def _may_be_kept(request: HttpRequest) -> bool:
    """Not where the answer holds a secret; a view says so by ``keep_answers = False``."""
    try:
        view = resolve(request.path_info).func
    except Resolver404:
        return False
    return bool(getattr(getattr(view, "cls", None), "keep_answers", True))


def _digest(request: HttpRequest) -> str:
    digest = hashlib.sha256(f"{request.method} {request.get_full_path()}\0".encode())
    if request.method != "POST" or not (request.content_type or "").startswith("multipart/"):
        digest.update(request.body)
        return digest.hexdigest()
    # A form gets a new boundary each time it is sent: its parts are compared, not its bytes.
    for name, values in sorted(request.POST.lists()):
        digest.update(json.dumps([name, values]).encode() + b"\0")
    for name, files in sorted(request.FILES.lists()):
        for file in files:
            digest.update(json.dumps([name, file.name, file.size]).encode() + b"\0")
            for chunk in file.chunks():
                digest.update(chunk)
            file.seek(0)
    return digest.hexdigest()


def _claim(request: HttpRequest, caller: str, key: str) -> KeptAnswer:
    """The request's row: a new one without status, or that of the first one. Raises InvalidInput, Conflict."""
    if not SHORTEST <= len(key) <= LONGEST:
        raise InvalidInput(
            f"the key has {len(key)} characters", field=HEADER, value=key[:LONGEST],
            remedy=f"use {SHORTEST} to {LONGEST}, a UUID for example",
        )  # fmt: skip
    digest, now = _digest(request), timezone.now()
    KeptAnswer.objects.filter(created_at__lt=now - KEPT).delete()
    try:
        with transaction.atomic():
            return KeptAnswer.objects.create(caller=caller, key=key, request_digest=digest)
    except IntegrityError:
        row = KeptAnswer.objects.get(caller=caller, key=key)
    if row.request_digest != digest:
        raise Conflict(
            "this key was used for another request", code="idempotency_key_reused", field=HEADER, value=key,
            remedy="send a fresh key with every new request",
        )  # fmt: skip
    if row.status is None:
        cut_off = KeptAnswer.objects.filter(pk=row.pk, status=None, created_at__lt=now - GIVEN_UP)
        if not cut_off.update(created_at=now):
            raise Conflict(
                "the same request is being worked on", code="in_progress", field=HEADER, value=key,
                remedy="send it again in a moment",
            )  # fmt: skip
    return row


def _keep(row: KeptAnswer, response: HttpResponse | None) -> None:
    rows = KeptAnswer.objects.filter(pk=row.pk)
    if response is None or response.streaming or not 200 <= response.status_code < 300:
        rows.delete()
        return
    rows.update(
        status=response.status_code,
        body=response.content.decode(),
        content_type=response.headers.get("Content-Type", ""),
    )


def describe_header(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Name the header in the OpenAPI schema wherever it is heard and the body has no key of its own."""
    schemas = result.get("components", {}).get("schemas", {})
    for operations in result["paths"].values():
        for verb, operation in operations.items():
            if verb.upper() not in _UNSAFE or {} in operation.get("security", []):
                continue
            contents = operation.get("requestBody", {}).get("content", {}).values()
            names = [content.get("schema", {}).get("$ref", "").rpartition("/")[2] for content in contents]
            if any("idempotency_key" in schemas.get(name, {}).get("properties", {}) for name in names):
                continue
            operation.setdefault("parameters", []).append(
                {
                    "in": "header",
                    "name": HEADER,
                    "schema": {"type": "string", "minLength": SHORTEST, "maxLength": LONGEST},
                    "description": "The same key sent again gets the first answer; nothing is done twice.",
                }
            )
    return result
