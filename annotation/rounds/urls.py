"""URLs of this app below /api/."""

from django.urls import URLPattern, URLResolver, path

from annotation.rounds import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("overview", views.OverviewView.as_view(), name="overview"),
    path("projects/<slug:slug>/progress", views.ProgressView.as_view(), name="progress"),
    path("projects/<slug:slug>/readiness", views.ReadinessView.as_view(), name="readiness"),
    path("projects/<slug:slug>/rounds", views.RoundsView.as_view(), name="rounds"),
    path("projects/<slug:slug>/protocol", views.ProjectProtocolView.as_view(), name="project-protocol"),
    path("projects/<slug:slug>/training", views.TrainingView.as_view(), name="training"),
    path("projects/<slug:slug>/delete", views.ProjectDeleteView.as_view(), name="project-delete"),
    path("projects/<slug:slug>/start", views.StartView.as_view(), name="project-start"),
    path("projects/<slug:slug>/pause", views.PauseView.as_view(), name="project-pause"),
    path("projects/<slug:slug>/resume", views.ResumeView.as_view(), name="project-resume"),
    path("projects/<slug:slug>/models", views.ModelsView.as_view(), name="models"),
    path("projects/<slug:slug>/curves", views.CurvesView.as_view(), name="curves"),
    path("projects/<slug:slug>/figures", views.FiguresView.as_view(), name="figures"),
    path("projects/<slug:slug>/next-batch", views.NextBatchView.as_view(), name="next-batch"),
    path("projects/<slug:slug>/jobs", views.JobsView.as_view(), name="jobs"),
    path("projects/<slug:slug>/films", views.FilmsView.as_view(), name="films"),
    path("projects/<slug:slug>/films/role", views.FilmRoleView.as_view(), name="films-role"),
    path("projects/<slug:slug>/films/counts", views.FilmCountsView.as_view(), name="film-counts"),
    path("projects/<slug:slug>/films/<uuid:image_id>/history", views.FilmHistoryView.as_view(), name="film-history"),
    path("models/<uuid:model_id>", views.ModelView.as_view(), name="model"),
    path("rounds/<uuid:round_id>", views.RoundView.as_view(), name="round"),
    path("rounds/<uuid:round_id>/films", views.RoundFilmsView.as_view(), name="round-films"),
    path("rounds/<uuid:round_id>/retry", views.RoundRetryView.as_view(), name="round-retry"),
    path("rounds/<uuid:round_id>/close", views.RoundCloseView.as_view(), name="round-close"),
    path("jobs/<uuid:job_id>", views.JobView.as_view(), name="job"),
    path("jobs/<uuid:job_id>/cancel", views.JobCancelView.as_view(), name="job-cancel"),
    path("jobs/<uuid:job_id>/retry", views.JobRetryView.as_view(), name="job-retry"),
]
