"""Masks and imports as JSON."""

from __future__ import annotations

from rest_framework import serializers

from annotation.common.serializers import RequestSerializer
from annotation.images.models import ImageRole
from annotation.masks.models import MaskKind
from annotation.projects.models import Convention


class NetworkRefSerializer(serializers.Serializer):
    """The network that drew a mask."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    purpose = serializers.CharField()
    round_number = serializers.IntegerField()
    validation_dsc = serializers.FloatField()
    data_hash = serializers.CharField()
    weights_sha256 = serializers.CharField()


class MaskSerializer(serializers.Serializer):
    """A mask and who drew it."""

    id = serializers.UUIDField()
    image = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=MaskKind.choices)
    convention = serializers.CharField()
    round_number = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    width = serializers.IntegerField()
    height = serializers.IntegerField()
    foreground_pixels = serializers.IntegerField()
    sha256 = serializers.CharField()
    confidence = serializers.FloatField(allow_null=True)
    disagreement = serializers.FloatField(allow_null=True)
    note = serializers.DictField()
    job = serializers.UUIDField(allow_null=True)
    author = serializers.CharField(allow_null=True, help_text="pseudonym")
    network = NetworkRefSerializer(allow_null=True)


class MaskLineageSerializer(MaskSerializer):
    """A mask with all masks that it was made from."""

    parents = serializers.ListField(child=serializers.UUIDField())
    children = serializers.ListField(child=serializers.UUIDField())
    ancestors = MaskSerializer(many=True)


class ImportRequestSerializer(RequestSerializer):
    """A ZIP with ``manifest.csv`` and the files that it names."""

    file = serializers.FileField()
    role = serializers.ChoiceField(choices=ImageRole.choices)
    convention = serializers.ChoiceField(choices=Convention.choices, required=False, allow_blank=True, default="")
    override_reason = serializers.CharField(required=False, allow_blank=True, default="", max_length=1000)
    where = serializers.ListField(
        child=serializers.CharField(), required=False, default=list, help_text="column=value, may be repeated"
    )


class ProblemSerializer(serializers.Serializer):
    """One line of an import report."""

    severity = serializers.ChoiceField(choices=["error", "warning"])
    row = serializers.IntegerField(allow_null=True, help_text="row of the CSV, the header being 1")
    field = serializers.CharField()
    value = serializers.CharField()
    message = serializers.CharField()
    remedy = serializers.CharField()
    place = serializers.CharField(help_text="where another film is that the line speaks of, as far as I may know")
    link = serializers.CharField(help_text="address of that film's page, or of its project; empty: I may open neither")


class ImportReportSerializer(serializers.Serializer):
    """What an import did."""

    project = serializers.CharField()
    role = serializers.CharField()
    manifest = serializers.CharField()
    seconds = serializers.FloatField()
    images_per_second = serializers.FloatField()
    key = serializers.CharField()
    counts = serializers.DictField(child=serializers.IntegerField())
    problems = ProblemSerializer(many=True)


class ImportEntrySerializer(serializers.Serializer):
    """An import of before."""

    id = serializers.UUIDField()
    created_at = serializers.DateTimeField()
    role = serializers.CharField()
    manifest = serializers.CharField()
    by = serializers.CharField(allow_blank=True, help_text="user name; empty: a command on the server")
    counts = serializers.DictField(child=serializers.IntegerField())
    films = serializers.IntegerField(help_text="brought into the project, not there before")
    masks = serializers.IntegerField(help_text="brought into the project, not there before")
    taken_back_at = serializers.DateTimeField(allow_null=True)


class ImportLimitsSerializer(serializers.Serializer):
    """What an upload may hold."""

    files = serializers.IntegerField(help_text="files in the ZIP")
    file_bytes = serializers.IntegerField(help_text="of one file")
    total_bytes = serializers.IntegerField(help_text="of all files, unpacked")
    pixels = serializers.IntegerField(help_text="of one film")
