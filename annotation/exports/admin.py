"""Dataset versions in the admin: frozen."""

from __future__ import annotations

from django.contrib import admin

from annotation.common.admin import AppendOnlyAdmin
from annotation.exports.models import DatasetItem, DatasetVersion


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
