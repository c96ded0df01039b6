"""URLs of this app below /api/."""

from django.urls import URLPattern, URLResolver, path

from annotation.images.audit_views import AuditDownloadView, AuditView, ProjectAuditDownloadView, ProjectAuditView
from annotation.images.screening_views import ScreeningView
from annotation.images.views import ImagePixelsView, ImageThumbnailView, ImageView, ProjectImagesView

urlpatterns: list[URLPattern | URLResolver] = [
    path("images/<uuid:image_id>", ImageView.as_view(), name="image"),
    path("images/<uuid:image_id>/pixels", ImagePixelsView.as_view(), name="image-pixels"),
    path("images/<uuid:image_id>/thumbnail", ImageThumbnailView.as_view(), name="image-thumbnail"),
    path("projects/<slug:slug>/images", ProjectImagesView.as_view(), name="project-images"),
    path("projects/<slug:slug>/screening", ScreeningView.as_view(), name="screening"),
    path("audit", AuditView.as_view(), name="audit"),
    path("audit/download", AuditDownloadView.as_view(), name="audit-download"),
    path("projects/<slug:slug>/audit", ProjectAuditView.as_view(), name="project-audit"),
    path("projects/<slug:slug>/audit/download", ProjectAuditDownloadView.as_view(), name="project-audit-download"),
]
