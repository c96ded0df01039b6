"""URLs of this app below /api/."""

from django.urls import URLPattern, URLResolver, path

from annotation.findings import views
from annotation.findings.maps.views import MapPictureView, MapsView

SET = "projects/<slug:slug>/findings/<int:number>"
MAPS = "projects/<slug:slug>/films/<uuid:image_id>/maps"

urlpatterns: list[URLPattern | URLResolver] = [
    path("projects/<slug:slug>/findings", views.FindingSetsView.as_view(), name="finding-sets"),
    path(SET, views.FindingSetView.as_view(), name="finding-set"),
    path(f"{SET}/films/<uuid:image_id>/<slug:what>", views.FindingPictureView.as_view(), name="finding-picture"),
    path(MAPS, MapsView.as_view(), name="maps"),
    path(f"{MAPS}/<uuid:map_id>/<slug:what>", MapPictureView.as_view(), name="map-picture"),
]
