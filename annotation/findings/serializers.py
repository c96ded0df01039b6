"""Findings as JSON."""

from __future__ import annotations

from rest_framework import serializers

from annotation.common.serializers import RequestSerializer
from annotation.findings.services import MOST_FILMS
from annotation.rounds.serializers import JobSerializer


class FindingsAskSerializer(RequestSerializer):
    """Which films, and whose other network."""

    films = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=MOST_FILMS)
    join = serializers.SlugField(
        required=False, allow_blank=True, default="", max_length=64,
        help_text="the project that gives the other network: lungs for an infection project, infection for a lung one",
    )  # fmt: skip


class FindingNetworkSerializer(serializers.Serializer):
    """A network that looked."""

    id = serializers.UUIDField()
    project = serializers.SlugField()
    network = serializers.CharField()
    round = serializers.IntegerField()
    validation_dsc = serializers.FloatField()


class SharesSerializer(serializers.Serializer):
    """Infected pixels over lung pixels, 0..1; null where that lung has no pixel. Left is the patient's left."""

    both = serializers.FloatField(allow_null=True)
    left = serializers.FloatField(allow_null=True)
    right = serializers.FloatField(allow_null=True)


class FilmFindingSerializer(serializers.Serializer):
    """What was found on a film."""

    film = serializers.UUIDField()
    patient = serializers.CharField(help_text="keyed pseudonym")
    label = serializers.CharField(allow_blank=True)  # type: ignore[assignment]
    taken_on = serializers.DateField(allow_null=True)
    withheld = serializers.BooleanField(help_text="you are one of its readers: nothing is told while it is being read")
    lung_pixels = serializers.IntegerField(allow_null=True)
    positive = serializers.BooleanField(
        allow_null=True, help_text="any infected pixel inside the lungs; null without an infection network"
    )
    score = serializers.FloatField(allow_null=True, help_text="greatest probability inside the lungs")
    infected = SharesSerializer(allow_null=True)


class CoursePointSerializer(serializers.Serializer):
    """One film of a course."""

    film = serializers.UUIDField()
    taken_on = serializers.DateField()
    infected = SharesSerializer()


class CourseSerializer(serializers.Serializer):
    """A patient's films in order of their days."""

    patient = serializers.CharField(help_text="keyed pseudonym")
    points = CoursePointSerializer(many=True)


class FindingSetSerializer(serializers.Serializer):
    """A set in a list."""

    number = serializers.IntegerField()
    lungs = FindingNetworkSerializer()
    infection = FindingNetworkSerializer(allow_null=True)
    films = serializers.IntegerField()
    created_by = serializers.CharField(allow_null=True)
    created_at = serializers.DateTimeField()
    job = JobSerializer()


class FindingSetDetailSerializer(FindingSetSerializer):
    """A set with its films; empty until the job has succeeded."""

    engines = serializers.ListField(
        child=serializers.CharField(), help_text="what drew lungs and infection: library, version and precision"
    )
    notes = serializers.ListField(child=serializers.CharField(), help_text="why it is not what was wanted")
    findings = FilmFindingSerializer(many=True)
    courses = CourseSerializer(many=True, help_text="patients with two dated films or more")
