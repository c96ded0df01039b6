"""Rounds, their steps and the repository in the admin: to look at."""

from __future__ import annotations

from django.contrib import admin

from annotation.common.admin import ReadOnlyAdmin
from annotation.rounds.models import RepositoryEntry, Round, RoundFilm, RoundStep


@admin.register(Round)
class RoundAdmin(ReadOnlyAdmin):
    """Rounds with their state."""

    list_display = ["project", "number", "name", "kind", "state", "created_at", "closed_at"]
    list_filter = ["state", "kind", "project"]
    list_select_related = ["project"]


@admin.register(RoundStep)
class RoundStepAdmin(ReadOnlyAdmin):
    """Steps with their state and what went wrong."""

    list_display = ["round", "index", "kind", "state", "started_at", "finished_at", "error"]
    list_filter = ["state", "kind", "round__project"]
    list_select_related = ["round__project"]


@admin.register(RoundFilm)
class RoundFilmAdmin(ReadOnlyAdmin):
    """Why a film is in a round."""

    list_display = ["round", "order", "project_image_id", "stratum", "reason"]
    list_filter = ["round__project"]
    list_select_related = ["round__project"]
    search_fields = ["project_image__image__id"]


@admin.register(RepositoryEntry)
class RepositoryEntryAdmin(ReadOnlyAdmin):
    """Ground truth, all versions."""

    list_display = ["project", "project_image_id", "version", "provenance", "round_number", "verified", "superseded_at"]
    list_filter = ["provenance", "verified", "project"]
    list_select_related = ["project"]
    search_fields = ["project_image__image__id"]
