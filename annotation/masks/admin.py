"""Masks and networks in the admin: to look at, as lineage is not edited."""

from __future__ import annotations

from django.contrib import admin

from annotation.common.admin import ReadOnlyAdmin
from annotation.masks.models import FilmImport, FilmImportItem, Mask, ModelVersion


@admin.register(ModelVersion)
class ModelVersionAdmin(ReadOnlyAdmin):
    """Trained networks."""

    list_display = ["id", "project", "name", "purpose", "round_number", "validation_dsc", "best_epoch", "created_at"]
    list_filter = ["project", "purpose", "architecture", "encoder"]
    list_select_related = ["project"]
    search_fields = ["id", "weights_sha256", "data_hash"]


@admin.register(Mask)
class MaskAdmin(ReadOnlyAdmin):
    """Masks with their lineage."""

    list_display = ["id", "project", "image_id", "kind", "author", "model_version", "round_number", "created_at"]
    list_filter = ["project", "kind", "convention"]
    list_select_related = ["project", "author", "model_version"]
    search_fields = ["id", "image__id", "sha256"]


@admin.register(FilmImport)
class FilmImportAdmin(ReadOnlyAdmin):
    """What was imported, and what was taken back."""

    list_display = ["created_at", "project", "role", "manifest", "actor", "taken_back_at"]
    list_filter = ["role", "project"]
    list_select_related = ["project", "actor"]
    search_fields = ["manifest", "actor__username"]


@admin.register(FilmImportItem)
class FilmImportItemAdmin(ReadOnlyAdmin):
    """Films and masks by the import that brought them."""

    list_display = ["created_at", "film_import_id", "image_id", "mask_id", "is_film"]
    list_filter = ["is_film"]
    search_fields = ["film_import__id", "image__id"]
