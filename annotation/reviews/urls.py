"""URLs of this app below /api/."""

from django.urls import URLPattern, URLResolver, path

from annotation.reviews import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("projects/<slug:slug>/queue", views.QueueView.as_view(), name="queue"),
    path("projects/<slug:slug>/queue/next", views.NextView.as_view(), name="queue-next"),
    path("projects/<slug:slug>/agreement", views.AgreementView.as_view(), name="agreement"),
    path("projects/<slug:slug>/set-aside", views.SetAsideView.as_view(), name="set-aside"),
    path("projects/<slug:slug>/set-aside/<uuid:image_id>/put-back", views.PutBackView.as_view(), name="film-put-back"),
    path(
        "projects/<slug:slug>/set-aside/<uuid:image_id>/exclude", views.FilmExcludeView.as_view(), name="film-exclude"
    ),
    path("tasks/<uuid:task_id>", views.TaskView.as_view(), name="task"),
    path("tasks/<uuid:task_id>/open", views.OpenView.as_view(), name="task-open"),
    path("tasks/<uuid:task_id>/heartbeat", views.HeartbeatView.as_view(), name="task-heartbeat"),
    path("tasks/<uuid:task_id>/release", views.ReleaseView.as_view(), name="task-release"),
    path("tasks/<uuid:task_id>/verdict", views.VerdictView.as_view(), name="task-verdict"),
    path("tasks/<uuid:task_id>/correction", views.CorrectionView.as_view(), name="task-correction"),
    path("tasks/<uuid:task_id>/adjudication", views.AdjudicationView.as_view(), name="task-adjudication"),
    path("tasks/<uuid:task_id>/selection", views.SelectionView.as_view(), name="task-selection"),
    path("tasks/<uuid:task_id>/verification", views.VerificationView.as_view(), name="task-verification"),
    path("tasks/<uuid:task_id>/report", views.ReportView.as_view(), name="task-report"),
    path("tasks/<uuid:task_id>/undo", views.UndoView.as_view(), name="task-undo"),
]
