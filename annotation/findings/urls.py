"""URLs of this app below /api/."""

from django.urls import URLPattern, URLResolver, path

from annotation.findings import views

SET = "projects/<slug:slug>/findings/<int:number>"

urlpatterns: list[URLPattern | URLResolver] = [
    path("projects/<slug:slug>/findings", views.FindingSetsView.as_view(), name="finding-sets"),
    path(SET, views.FindingSetView.as_view(), name="finding-set"),
    path(f"{SET}/films/<uuid:image_id>/<slug:what>", views.FindingPictureView.as_view(), name="finding-picture"),
]
