"""Films as JSON. A patient's own identifier and the file's name never leave; the row's id is the pseudonym."""

from __future__ import annotations

from rest_framework import serializers

from annotation.images.models import Image, ImageRole, ImageState, ProjectImage


class ImageSerializer(serializers.ModelSerializer):
    """What a reviewer needs to show a film; nothing that could sway a verdict."""

    class Meta:
        model = Image
        fields = ["id", "width", "height", "bits", "view", "spacing_mm", "window"]
        read_only_fields = fields


class ImageDetailSerializer(ImageSerializer):
    """What researchers and admins see besides."""

    patient = serializers.UUIDField(source="patient_id", help_text="pseudonym")
    split_group = serializers.UUIDField(source="patient.split_group")
    source = serializers.CharField(source="source.name")  # type: ignore[assignment]
    near_duplicates = serializers.ListField(child=serializers.UUIDField(), help_text="films that show the same picture")

    class Meta(ImageSerializer.Meta):
        fields = [
            *ImageSerializer.Meta.fields,
            "patient",
            "split_group",
            "source",
            "label",
            "quality",
            "quality_tier",
            "near_duplicates",
            "created_at",
        ]
        read_only_fields = fields


class ProjectImageSerializer(serializers.ModelSerializer):
    """A film in a project's list."""

    id = serializers.UUIDField(source="image_id")
    role = serializers.ChoiceField(choices=ImageRole.choices)
    state = serializers.ChoiceField(choices=ImageState.choices)
    split = serializers.CharField(help_text="empty (training), validation or test")
    width = serializers.IntegerField(source="image.width")
    height = serializers.IntegerField(source="image.height")
    bits = serializers.IntegerField(source="image.bits")
    label = serializers.CharField(source="image.label")  # type: ignore[assignment]
    view = serializers.CharField(source="image.view")
    source = serializers.CharField(source="image.source.name")  # type: ignore[assignment]
    patient = serializers.UUIDField(source="image.patient_id", help_text="pseudonym")
    split_group = serializers.UUIDField(source="image.patient.split_group")
    quality_tier = serializers.CharField(source="image.quality_tier")

    class Meta:
        model = ProjectImage
        fields = [
            "id", "role", "state", "split", "exclusion_reason", "width", "height", "bits", "label", "view", "source",
            "patient", "split_group", "quality_tier", "created_at",
        ]  # fmt: skip
        read_only_fields = fields
