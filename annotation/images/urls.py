"""URLs of this app below /api/."""

from django.urls import URLPattern, URLResolver, path

from annotation.images.views import ImagePixelsView, ImageView, ProjectImagesView

urlpatterns: list[URLPattern | URLResolver] = [
    path("images/<uuid:image_id>", ImageView.as_view(), name="image"),
    path("images/<uuid:image_id>/pixels", ImagePixelsView.as_view(), name="image-pixels"),
    path("projects/<slug:slug>/images", ProjectImagesView.as_view(), name="project-images"),
]
