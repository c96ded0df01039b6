"""All URLs: the API of each app below /api/, its page at /api/docs, the admin."""

from django.contrib import admin
from django.urls import include, path, re_path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from annotation.common import views as common
from annotation.config.pages import app

handler404 = "annotation.common.views.not_found"
handler500 = "annotation.common.views.broken"

urlpatterns = [
    # One door: throttled, and with the second factor.
    path("admin/login/", RedirectView.as_view(url="/", query_string=True), name="admin-sign-in"),
    path("admin/password_change/", RedirectView.as_view(url="/account"), name="admin-password"),
    path("admin/", admin.site.urls),
    path("health/live", common.live, name="health-live"),
    path("health/ready", common.ready, name="health-ready"),
    path("api/schema", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs", SpectacularSwaggerView.as_view(url_name="schema"), name="docs"),
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
    re_path(r"^(?!(?:api|admin|health|static)(?:/|$))(?P<path>.*)$", app, name="app"),
]
