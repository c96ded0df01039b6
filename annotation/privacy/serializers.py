"""Withdrawals and pseudonyms as JSON."""

from __future__ import annotations

from rest_framework import serializers

from annotation.common.serializers import RequestSerializer


class IdentifierSerializer(RequestSerializer):
    """Whom it is about."""

    identifier = serializers.CharField(
        max_length=200, trim_whitespace=False, help_text="as it was imported, or the patient's pseudonym"
    )


class WithdrawalRequestSerializer(IdentifierSerializer):
    """Take the patient out."""

    confirmation = serializers.CharField(
        max_length=200, trim_whitespace=False, help_text="the identifier, typed once more"
    )
    reason = serializers.CharField(
        max_length=200, required=False, allow_blank=True, default="",
        help_text="kept in the audit log: without names or numbers of the patient",
    )  # fmt: skip


class WithdrawalCountsSerializer(serializers.Serializer):
    """How much of what goes."""

    films = serializers.IntegerField()
    masks = serializers.IntegerField()
    open_tasks = serializers.IntegerField()
    validation_films = serializers.IntegerField()
    test_films = serializers.IntegerField()


class TouchedVersionSerializer(serializers.Serializer):
    """A dataset version that cannot be had any more."""

    project = serializers.CharField()
    number = serializers.IntegerField()


class TouchedModelSerializer(serializers.Serializer):
    """A network that learnt from the films."""

    id = serializers.UUIDField()
    project = serializers.CharField()
    name = serializers.CharField()
    round_number = serializers.IntegerField()
    purpose = serializers.CharField()


class TouchedBenchmarkSerializer(serializers.Serializer):
    """A benchmark on such a version."""

    project = serializers.CharField()
    number = serializers.IntegerField()
    version = serializers.IntegerField()


class ToRedoSerializer(serializers.Serializer):
    """What is to be made anew."""

    versions = TouchedVersionSerializer(many=True)
    models = TouchedModelSerializer(many=True)
    benchmarks = TouchedBenchmarkSerializer(many=True)


class WithdrawalPreviewSerializer(ToRedoSerializer):
    """What would go."""

    patient = serializers.CharField(help_text="keyed pseudonym")
    projects = serializers.ListField(child=serializers.CharField())
    counts = WithdrawalCountsSerializer()
    cautions = serializers.ListField(child=serializers.CharField())


class WithdrawalSerializer(ToRedoSerializer):
    """A withdrawal."""

    id = serializers.UUIDField()
    created_at = serializers.DateTimeField()
    by = serializers.CharField(allow_blank=True)
    reason = serializers.CharField(allow_blank=True)
    pseudonyms = serializers.ListField(child=serializers.CharField())
    counts = WithdrawalCountsSerializer()
    files_gone = serializers.BooleanField(help_text="false: a file could not be deleted yet; it is tried again")
    finished = serializers.BooleanField(help_text="gone through again after all workers had stopped")


class PseudonymRequestSerializer(RequestSerializer):
    """Whose it is."""

    pseudonym = serializers.CharField(max_length=40)


class PseudonymSerializer(serializers.Serializer):
    """Who has a pseudonym."""

    patient = serializers.CharField(help_text="keyed pseudonym")
    identifier = serializers.CharField()
    assumed = serializers.BooleanField(help_text="the import had no patient id: the film counts as a patient")
    films = serializers.ListField(child=serializers.UUIDField())
