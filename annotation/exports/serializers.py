"""Dataset versions as JSON."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from annotation.common.serializers import RequestSerializer
from annotation.exports.models import DatasetVersion
from annotation.exports.selectors import LABEL_STATES, label_state, withdrawn_films


class JoinedProjectSerializer(serializers.Serializer):
    """One of the joined projects, as it was."""

    slug = serializers.CharField()
    target = serializers.CharField()
    convention = serializers.CharField()
    protocol = serializers.CharField(allow_blank=True)
    source = serializers.CharField(allow_blank=True)  # type: ignore[assignment]
    random_seed = serializers.IntegerField()


class LabelHistorySerializer(serializers.Serializer):
    """How a version's label history stands."""

    state = serializers.ChoiceField(choices=LABEL_STATES)
    done = serializers.IntegerField(help_text="Films that the first network has drawn of ``total``.")
    total = serializers.IntegerField(help_text="Films that it had not drawn before.")
    waiting = serializers.BooleanField(help_text="No worker has begun yet.")
    error = serializers.CharField(allow_blank=True)


class DatasetSerializer(serializers.ModelSerializer):
    """A version in a list."""

    projects = JoinedProjectSerializer(many=True, read_only=True)
    films = serializers.IntegerField(source="summary.films", read_only=True)
    masks = serializers.IntegerField(source="summary.masks", read_only=True)
    created_by = serializers.CharField(source="created_by.username", read_only=True, default=None, allow_null=True)
    withdrawn_films = serializers.SerializerMethodField(
        help_text="Films of patients who were withdrawn since; where there are any, the files cannot be had any more."
    )
    label_history = serializers.SerializerMethodField()

    def get_withdrawn_films(self, version: DatasetVersion) -> int:
        """How many."""
        return withdrawn_films(version)

    @extend_schema_field(LabelHistorySerializer)
    def get_label_history(self, version: DatasetVersion) -> dict[str, Any]:
        """Its state."""
        return label_state(version)

    class Meta:
        model = DatasetVersion
        fields = [
            "number",
            "projects",
            "films",
            "masks",
            "include_seeds",
            "note",
            "content_sha256",
            "created_at",
            "created_by",
            "withdrawn_films",
            "label_history",
        ]
        read_only_fields = fields


class DatasetDetailSerializer(DatasetSerializer):
    """A version with its figures."""

    summary = serializers.JSONField(read_only=True)

    class Meta(DatasetSerializer.Meta):
        fields = [*DatasetSerializer.Meta.fields, "summary"]
        read_only_fields = fields


class DatasetFreezeSerializer(RequestSerializer):
    """Freeze the project, joined with others of other targets."""

    join = serializers.ListField(child=serializers.SlugField(max_length=64), required=False, default=list, max_length=8)
    include_seeds = serializers.BooleanField(required=False, default=False)
    note = serializers.CharField(max_length=2000, required=False, allow_blank=True, default="")


class FilmDatasetSerializer(serializers.Serializer):
    """A film as it stands in a frozen version."""

    number = serializers.IntegerField(source="version.number")
    note = serializers.CharField(source="version.note")
    created_at = serializers.DateTimeField(source="version.created_at")
    mask = serializers.UUIDField(source="mask_id")
    target = serializers.CharField()
    split = serializers.CharField()
    provenance = serializers.CharField()
    verified = serializers.CharField()


class DownloadSerializer(RequestSerializer):
    """What of a version is downloaded."""

    labels = serializers.BooleanField(
        required=False, default=False, help_text="With its label history, which must be ready."
    )
