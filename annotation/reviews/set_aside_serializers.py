"""Films that were set aside, as admins see them."""

from __future__ import annotations

from rest_framework import serializers

from annotation.common.serializers import RequestSerializer
from annotation.reviews.models import ResolutionDecision, TaskKind
from annotation.reviews.services.set_aside import LONGEST_REASON


class FilmReportSerializer(serializers.Serializer):
    """What a reader said of a film that could not be loaded."""

    by = serializers.CharField()
    at = serializers.DateTimeField()
    comment = serializers.CharField(allow_blank=True)
    kind = serializers.ChoiceField(choices=TaskKind.choices)


class SetAsideSerializer(serializers.Serializer):
    """A film that waits for an admin."""

    image = serializers.UUIDField()
    batch = serializers.CharField()
    reports = FilmReportSerializer(many=True)


class FilmExcludeSerializer(RequestSerializer):
    """Why the film cannot be used."""

    reason = serializers.CharField(max_length=LONGEST_REASON)


class ResolutionSerializer(serializers.Serializer):
    """What became of the film; ``made_anew``: its pictures were broken and have been made from the original again."""

    image = serializers.UUIDField(source="project_image.image_id")
    decision = serializers.ChoiceField(choices=ResolutionDecision.choices)
    reason = serializers.CharField(allow_blank=True)
    made_anew = serializers.BooleanField()
