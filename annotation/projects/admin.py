"""Projects in the admin: to look at. Services change them, over the API."""

from __future__ import annotations

from django.contrib import admin

from annotation.common.admin import AppendOnlyAdmin, ReadOnlyAdmin
from annotation.projects.models import DrawingGuide, GuideReading, Membership, Project


@admin.register(Project)
class ProjectAdmin(ReadOnlyAdmin):
    """A project with its protocol as it was copied."""

    list_display = ["slug", "name", "target", "convention", "state", "created_at"]
    list_filter = ["target", "convention", "state"]
    search_fields = ["slug", "name"]


@admin.register(Membership)
class MembershipAdmin(ReadOnlyAdmin):
    """Who holds which role; the API changes it, so that the audit log and the rule of the last admin hold."""

    list_display = ["project", "user", "role", "created_at"]
    list_filter = ["role", "project"]
    list_select_related = ["project", "user"]
    search_fields = ["user__username", "project__slug"]


@admin.register(DrawingGuide)
class DrawingGuideAdmin(AppendOnlyAdmin):
    """All versions of the guides."""

    list_display = ["project", "version", "author", "created_at"]
    list_filter = ["project"]
    list_select_related = ["project", "author"]


@admin.register(GuideReading)
class GuideReadingAdmin(AppendOnlyAdmin):
    """Who has read which version."""

    list_display = ["guide", "user", "created_at"]
    list_filter = ["guide__project"]
    list_select_related = ["guide__project", "user"]
