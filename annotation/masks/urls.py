"""URLs of this app below /api/."""

from django.urls import URLPattern, URLResolver, path

from annotation.masks.views import ImportsView, MaskLineageView, MaskPixelsView

urlpatterns: list[URLPattern | URLResolver] = [
    path("masks/<uuid:mask_id>/pixels", MaskPixelsView.as_view(), name="mask-pixels"),
    path("projects/<slug:slug>/masks/<uuid:mask_id>", MaskLineageView.as_view(), name="mask-lineage"),
    path("projects/<slug:slug>/imports", ImportsView.as_view(), name="imports"),
]
