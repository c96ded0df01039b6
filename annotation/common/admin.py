"""Admin pages that show and do not touch, and the audit log's own page."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from annotation.common.models import AuditEvent, KeptAnswer


class ReadOnlyAdmin(admin.ModelAdmin):
    """Rows that services alone change: an edit by hand would pass by locks, checks and audit."""

    list_per_page = 50
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Never."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False


class AppendOnlyAdmin(ReadOnlyAdmin):
    """Rows that nobody may ever change; the database refuses it by a trigger too."""

    actions = None


@admin.register(AuditEvent)
class AuditEventAdmin(AppendOnlyAdmin):
    """Who did what, when."""

    list_display = ["created_at", "action", "actor", "object_type", "object_id", "project_id"]
    list_filter = ["action", "object_type"]
    list_select_related = ["actor"]
    search_fields = ["object_id", "actor__username"]
    date_hierarchy = "created_at"


@admin.register(KeptAnswer)
class KeptAnswerAdmin(ReadOnlyAdmin):
    """Answers kept for requests that are sent again."""

    list_display = ["created_at", "caller", "key", "status"]
    search_fields = ["caller", "key"]
