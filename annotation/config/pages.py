"""The browser's pages: one document, whose script asks the REST API for everything."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe


@never_cache
@require_safe
@ensure_csrf_cookie
def app(request: HttpRequest, path: str = "") -> HttpResponse:
    """The document of every page; 503 with words where the front end was not built."""
    if not Path(settings.FRONTEND_DIR, "manifest.json").is_file():
        return render(request, "not_built.html", status=503)
    return render(request, "app.html")
