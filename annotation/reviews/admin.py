"""The queue and what people did with it, in the admin: to look at."""

from __future__ import annotations

from django.contrib import admin

from annotation.common.admin import AppendOnlyAdmin, ReadOnlyAdmin
from annotation.reviews.models import (
    Adjudication,
    Edit,
    Report,
    Resolution,
    ReviewBatch,
    ReviewTask,
    Selection,
    TaskCandidate,
    Verdict,
    Verification,
)


@admin.register(ReviewBatch)
class ReviewBatchAdmin(ReadOnlyAdmin):
    """Rounds of review."""

    list_display = ["project", "number", "name", "state", "created_at", "closed_at"]
    list_filter = ["state", "project"]
    list_select_related = ["project"]


@admin.register(ReviewTask)
class ReviewTaskAdmin(ReadOnlyAdmin):
    """Tasks with their leases. The lease's token is a secret between server and holder."""

    list_display = ["id", "project", "batch", "kind", "role", "state", "replica", "lease_holder", "lease_expires_at"]
    list_filter = ["state", "kind", "role", "is_probe", ("repeat_of", admin.EmptyFieldListFilter), "project"]
    list_select_related = ["project", "batch__project", "lease_holder"]
    search_fields = ["id", "project_image__image__id"]
    exclude = ["lease_token"]


@admin.register(TaskCandidate)
class TaskCandidateAdmin(ReadOnlyAdmin):
    """Candidates of blind choices, in their stored order."""

    list_display = ["task_id", "position", "tie_group", "mask_id"]
    search_fields = ["task__id", "mask__id"]


@admin.register(Verdict, Edit, Adjudication, Selection, Verification, Report)
class ActAdmin(AppendOnlyAdmin):
    """What people did, each row written once."""

    list_display = ["created_at", "actor", "decision", "task_id", "active_seconds", "counts", "sequence"]
    list_filter = ["decision", "counts"]
    list_select_related = ["actor"]
    search_fields = ["task__id", "actor__username"]
    date_hierarchy = "created_at"


@admin.register(Resolution)
class ResolutionAdmin(AppendOnlyAdmin):
    """What admins decided of films that were set aside."""

    list_display = ["created_at", "actor", "decision", "project_image", "reason", "made_anew"]
    list_filter = ["decision"]
    list_select_related = ["actor", "project_image__project"]
