"""URLs of this app below /api/."""

from django.urls import URLPattern, URLResolver, path

from annotation.exports.views import (
    DatasetDownloadView,
    DatasetLabelsView,
    DatasetsView,
    DatasetView,
    FilmDatasetsView,
)

urlpatterns: list[URLPattern | URLResolver] = [
    path("projects/<slug:slug>/datasets", DatasetsView.as_view(), name="datasets"),
    path("projects/<slug:slug>/datasets/<int:number>", DatasetView.as_view(), name="dataset"),
    path("projects/<slug:slug>/datasets/<int:number>/download", DatasetDownloadView.as_view(), name="dataset-download"),
    path("projects/<slug:slug>/datasets/<int:number>/labels", DatasetLabelsView.as_view(), name="dataset-labels"),
    path("projects/<slug:slug>/films/<uuid:image_id>/datasets", FilmDatasetsView.as_view(), name="film-datasets"),
]
