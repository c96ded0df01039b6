"""Films as JSON. A patient's own identifier and the file's name never leave; ``patient`` is a keyed pseudonym."""

from __future__ import annotations

from rest_framework import serializers

from annotation.common.serializers import RequestSerializer
from annotation.images.models import Image, ImageRole, ImageState, ProjectImage, ScreeningOutcome
from annotation.images.pseudonyms import pseudonym


class ImageSerializer(serializers.ModelSerializer):
    """What a reviewer needs to show a film; nothing that could sway a verdict."""

    class Meta:
        model = Image
        fields = ["id", "width", "height", "bits", "view", "spacing_mm", "window"]
        read_only_fields = fields


class ImageDetailSerializer(ImageSerializer):
    """What researchers and admins see besides."""

    patient = serializers.CharField(source="patient_pseudonym", help_text="keyed pseudonym")
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
    patient = serializers.SerializerMethodField(help_text="keyed pseudonym")
    split_group = serializers.UUIDField(source="image.patient.split_group")
    quality_tier = serializers.CharField(source="image.quality_tier")

    def get_patient(self, film: ProjectImage) -> str:
        """By the project's own key."""
        return pseudonym(film.image.patient.identifier, film.project.pseudonym_key)

    class Meta:
        model = ProjectImage
        fields = [
            "id", "role", "state", "split", "exclusion_reason", "width", "height", "bits", "label", "view", "source",
            "patient", "split_group", "quality_tier", "created_at",
        ]  # fmt: skip
        read_only_fields = fields


class SuggestionSerializer(serializers.Serializer):
    """A rule that holds for a film, with the figure that led to it."""

    code = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    figure = serializers.CharField()


class ScreeningRuleSerializer(serializers.Serializer):
    """A rule, and for how many films it holds."""

    code = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    text = serializers.CharField(help_text="when it holds")
    count = serializers.IntegerField()


class ScreeningDecisionSerializer(serializers.Serializer):
    """The last decision on a film."""

    outcome = serializers.ChoiceField(choices=ScreeningOutcome.choices)
    reason = serializers.CharField(allow_blank=True)
    by = serializers.CharField()
    at = serializers.DateTimeField()


class ScreenedFilmSerializer(serializers.Serializer):
    """A pool film with what speaks against it."""

    id = serializers.UUIDField()
    view = serializers.CharField(allow_blank=True)
    quality = serializers.CharField(allow_blank=True, help_text="tier: low, medium or high")
    source = serializers.CharField()  # type: ignore[assignment]
    label = serializers.CharField(allow_blank=True)  # type: ignore[assignment]
    state = serializers.ChoiceField(choices=["waiting", "out"])
    figures = serializers.DictField(child=serializers.FloatField())
    suggestions = SuggestionSerializer(many=True)
    decision = ScreeningDecisionSerializer(allow_null=True)


class FacetValueSerializer(serializers.Serializer):
    """A value, and how many films have it."""

    value = serializers.CharField(allow_blank=True)
    count = serializers.IntegerField()


class FacetsSerializer(serializers.Serializer):
    """How many films there are of each kind."""

    view = FacetValueSerializer(many=True)
    quality = FacetValueSerializer(many=True)
    source = FacetValueSerializer(many=True)  # type: ignore[assignment]
    label = FacetValueSerializer(many=True)  # type: ignore[assignment]


class ScreeningPageSerializer(serializers.Serializer):
    """Films worst first, with what they can be filtered by."""

    count = serializers.IntegerField(help_text="films that match")
    waiting = serializers.IntegerField()
    out = serializers.IntegerField()
    any_suggestion = serializers.IntegerField()
    rules = ScreeningRuleSerializer(many=True)
    facets = FacetsSerializer()
    films = ScreenedFilmSerializer(many=True)


class ScreeningRequestSerializer(RequestSerializer):
    """Take films out of the pool, or bring them back: all of them, or none."""

    images = serializers.ListField(child=serializers.UUIDField(), allow_empty=False, max_length=5000)
    outcome = serializers.ChoiceField(choices=ScreeningOutcome.choices)
    reason = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=200, help_text="required for out"
    )


class ScreeningReceiptSerializer(serializers.Serializer):
    """What was changed; films that were so already are not counted."""

    changed = serializers.ListField(child=serializers.UUIDField())
