"""Findings in the admin: to look at."""

from __future__ import annotations

from django.contrib import admin

from annotation.common.admin import AppendOnlyAdmin
from annotation.findings.models import FindingSet, ProbabilityMap


@admin.register(FindingSet)
class FindingSetAdmin(AppendOnlyAdmin):
    """Which networks looked, and who asked."""

    list_display = ["project", "number", "lungs", "infection", "job", "created_by", "created_at"]
    list_filter = ["project"]
    list_select_related = ["project", "lungs", "infection", "job", "created_by"]


@admin.register(ProbabilityMap)
class ProbabilityMapAdmin(AppendOnlyAdmin):
    """Which film, by which network, and who asked."""

    list_display = ["project", "image", "network", "job", "created_by", "created_at"]
    list_filter = ["project"]
    list_select_related = ["project", "image", "network", "job", "created_by"]
