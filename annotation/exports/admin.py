"""Dataset versions in the admin: frozen."""

from __future__ import annotations

from django.contrib import admin

from annotation.common.admin import AppendOnlyAdmin, ReadOnlyAdmin
from annotation.exports.models import DatasetItem, DatasetVersion, LabelCandidate, LabelHistory


@admin.register(DatasetVersion)
class DatasetVersionAdmin(AppendOnlyAdmin):
    """Versions with their figures."""

    list_display = ["project", "number", "include_seeds", "content_sha256", "created_by", "created_at"]
    list_filter = ["project"]
    list_select_related = ["project", "created_by"]


@admin.register(DatasetItem)
class DatasetItemAdmin(AppendOnlyAdmin):
    """Films of versions."""

    list_display = ["version", "image_id", "target", "split", "provenance", "verified", "active_seconds"]
    list_filter = ["target", "split", "provenance", "verified"]
    list_select_related = ["version__project"]
    search_fields = ["image__id"]


@admin.register(LabelHistory)
class LabelHistoryAdmin(ReadOnlyAdmin):
    """Label histories with their hashes."""

    list_display = ["version", "created_by", "created_at", "ready_at", "content_sha256"]
    list_select_related = ["version__project", "created_by"]


@admin.register(LabelCandidate)
class LabelCandidateAdmin(AppendOnlyAdmin):
    """What the first network drew of each film."""

    list_display = ["history_id", "item_id", "mask_id", "network_saw"]
    list_filter = ["network_saw"]
