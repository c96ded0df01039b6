"""URLs of this app below /api/."""

from django.urls import URLPattern, URLResolver, path

from annotation.benchmarks import views

RUN = "projects/<slug:slug>/benchmarks/<int:number>"

urlpatterns: list[URLPattern | URLResolver] = [
    path("benchmark-configs", views.BenchmarkConfigsView.as_view(), name="benchmark-configs"),
    path("projects/<slug:slug>/benchmarks", views.BenchmarksView.as_view(), name="benchmarks"),
    path(RUN, views.BenchmarkView.as_view(), name="benchmark"),
    path(f"{RUN}/cancel", views.BenchmarkCancelView.as_view(), name="benchmark-cancel"),
    path(f"{RUN}/retry", views.BenchmarkRetryView.as_view(), name="benchmark-retry"),
    path(f"{RUN}/report", views.BenchmarkReportView.as_view(), name="benchmark-report"),
    path(f"{RUN}/report/<path:path>", views.BenchmarkReportFileView.as_view(), name="benchmark-report-file"),
    path(f"{RUN}/files", views.BenchmarkFilesView.as_view(), name="benchmark-files"),
]
