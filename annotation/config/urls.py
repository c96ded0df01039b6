"""All URLs: the API of each app below /api/, its page at /api/docs, the admin."""

from django.contrib import admin
from django.urls import include, path, re_path
from django.views.generic import RedirectView

from annotation.config.api_page import ApiPageView, SchemaView
from annotation.config.pages import app
from annotation.telemetry import health
from annotation.telemetry.metrics import metrics

handler404 = "annotation.common.views.not_found"
handler500 = "annotation.common.views.broken"

urlpatterns = [
    # One door: throttled, and with the second factor.
    path("admin/login/", RedirectView.as_view(url="/", query_string=True), name="admin-sign-in"),
    path("admin/password_change/", RedirectView.as_view(url="/account"), name="admin-password"),
    path("admin/", admin.site.urls),
    path("health/live", health.live, name="health-live"),
    path("health/ready", health.ready, name="health-ready"),
    path("metrics", metrics, name="metrics"),
    path("api/schema", SchemaView.as_view(), name="schema"),
    path("api/docs", ApiPageView.as_view(url_name="schema"), name="docs"),
    path("api/", include("annotation.accounts.urls")),
    path("api/", include("annotation.jobs.urls")),
    path("api/", include("annotation.projects.urls")),
    path("api/", include("annotation.images.urls")),
    path("api/", include("annotation.masks.urls")),
    path("api/", include("annotation.reviews.urls")),
    path("api/", include("annotation.rounds.urls")),
    path("api/", include("annotation.exports.urls")),
    path("api/", include("annotation.benchmarks.urls")),
    path("api/", include("annotation.findings.urls")),
    path("api/", include("annotation.privacy.urls")),
    re_path(r"^(?!(?:api|admin|health|metrics|static)(?:/|$))(?P<path>.*)$", app, name="app"),
]
