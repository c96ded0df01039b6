"""Films and patients in the admin. Figures of the import are to look at; words about a film may be mended."""

from __future__ import annotations

from django.contrib import admin

from annotation.common.admin import AppendOnlyAdmin, ReadOnlyAdmin
from annotation.images.models import (
    DuplicateLink,
    Image,
    ImageSignature,
    Patient,
    ProjectImage,
    ScreeningDecision,
    Source,
    Withdrawal,
)


@admin.register(Source)
class SourceAdmin(admin.ModelAdmin):
    """Hospitals and datasets."""

    list_display = ["name", "created_at"]
    search_fields = ["name"]


@admin.register(Patient)
class PatientAdmin(ReadOnlyAdmin):
    """People; whoever may open this sees identifiers, which may be PHI."""

    list_display = ["id", "identifier", "assumed", "split_group"]
    list_filter = ["assumed"]
    search_fields = ["id", "identifier", "split_group"]


@admin.register(Image)
class ImageAdmin(admin.ModelAdmin):
    """Films. Only label and view may be changed: all else follows from the file."""

    list_display = ["id", "label", "view", "source", "width", "height", "bits", "quality_tier", "created_at"]
    list_filter = ["label", "view", "quality_tier", "bits", "source"]
    list_select_related = ["source"]
    search_fields = ["id", "sha256", "file_name", "patient__identifier"]
    readonly_fields = [f.name for f in Image._meta.fields if f.name not in {"label", "view"}]

    def has_add_permission(self, request: object) -> bool:
        """Films come by import."""
        return False

    def has_delete_permission(self, request: object, obj: object = None) -> bool:
        """A film is excluded in its project, with a reason; it is not deleted."""
        return False


@admin.register(ImageSignature)
class ImageSignatureAdmin(ReadOnlyAdmin):
    """What the search of near duplicates keeps of a film."""

    list_display = ["image_id"]
    search_fields = ["image__id"]


@admin.register(DuplicateLink)
class DuplicateLinkAdmin(ReadOnlyAdmin):
    """Films that show the same picture."""

    list_display = ["first_id", "second_id", "hamming", "correlation", "created_at"]
    search_fields = ["first__id", "second__id"]


@admin.register(ProjectImage)
class ProjectImageAdmin(ReadOnlyAdmin):
    """Films in their projects; states change by services alone."""

    list_display = ["image_id", "project", "role", "state", "split", "exclusion_reason"]
    list_filter = ["project", "role", "state", "split"]
    list_select_related = ["project"]
    search_fields = ["image__id"]


@admin.register(ScreeningDecision)
class ScreeningDecisionAdmin(AppendOnlyAdmin):
    """Who took which film out of a pool, or brought it back, and why."""

    list_display = ["project_image", "outcome", "reason", "actor", "created_at"]
    list_filter = ["outcome", "project_image__project"]
    list_select_related = ["project_image__project", "actor"]


@admin.register(Withdrawal)
class WithdrawalAdmin(ReadOnlyAdmin):
    """Patients who were taken out, by hashes."""

    list_display = ["created_at", "actor", "reason", "looked_at", "done_at"]
    list_select_related = ["actor"]
    search_fields = ["pseudonyms"]
