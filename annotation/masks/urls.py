"""URLs of this app below /api/."""

from django.urls import URLPattern, URLResolver, path

from annotation.masks.import_views import ImportLimitsView, ImportsView, ImportTakeBackView, ImportView
from annotation.masks.views import MaskLineageView, MaskOutlineView, MaskPixelsView

urlpatterns: list[URLPattern | URLResolver] = [
    path("masks/<uuid:mask_id>/pixels", MaskPixelsView.as_view(), name="mask-pixels"),
    path("masks/<uuid:mask_id>/outline", MaskOutlineView.as_view(), name="mask-outline"),
    path("projects/<slug:slug>/masks/<uuid:mask_id>", MaskLineageView.as_view(), name="mask-lineage"),
    path("projects/<slug:slug>/imports", ImportsView.as_view(), name="imports"),
    path(
        "projects/<slug:slug>/imports/<uuid:import_id>/take-back", ImportTakeBackView.as_view(), name="import-take-back"
    ),
    path("projects/<slug:slug>/imports/<uuid:import_id>", ImportView.as_view(), name="import"),
    path("import-limits", ImportLimitsView.as_view(), name="import-limits"),
]
