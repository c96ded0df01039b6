"""The OpenAPI schema and its page."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.settings import spectacular_settings
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.request import Request
from rest_framework.response import Response


@lru_cache(maxsize=4)
def _schema(version: str | None) -> dict[str, Any]:
    """Made once a process: it is the same for everybody, takes half a second, and strangers may ask for it."""
    return SchemaGenerator(api_version=version).get_schema(request=None, public=True)


class SchemaView(SpectacularAPIView):
    """The schema of the API, YAML or JSON."""

    def _get_schema_response(self, request: Request) -> Response:
        version = self.api_version or request.version or spectacular_settings.VERSION
        name = self._get_filename(request, version)
        return Response(_schema(version), headers={"Content-Disposition": f'inline; filename="{name}"'})


class ApiPageView(SpectacularSwaggerSplitView):
    """The page of the API: its script comes from an address of its own, so that none stands in the page."""

    template_name = "api_page.html"
