"""Benchmarks in the admin: to look at; their pages start and stop them."""

from __future__ import annotations

from django.contrib import admin

from annotation.benchmarks.models import BenchmarkRun, BenchmarkStep
from annotation.common.admin import AppendOnlyAdmin


@admin.register(BenchmarkRun)
class BenchmarkRunAdmin(AppendOnlyAdmin):
    """Runs with their figures."""

    list_display = ["project", "number", "version", "state", "created_by", "created_at", "finished_at"]
    list_filter = ["project", "state"]
    list_select_related = ["project", "version__project", "created_by"]


@admin.register(BenchmarkStep)
class BenchmarkStepAdmin(AppendOnlyAdmin):
    """Steps of runs."""

    list_display = ["run", "index", "key", "kind", "job"]
    list_filter = ["kind"]
    list_select_related = ["run__version__project", "job"]
