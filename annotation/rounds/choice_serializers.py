"""Shapes of what blind choices say."""

from __future__ import annotations

from rest_framework import serializers

from annotation.rounds.share_serializers import CountedShareSerializer, ShareSerializer


class NetworkPicksSerializer(ShareSerializer):
    """How often a network was picked; a tie group credits each member its part."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    validation_dsc = serializers.FloatField(help_text="of folds their mean")
    picks = serializers.FloatField()


class PreferredSerializer(ShareSerializer):
    """Networks' masks that were preferred to the drawing."""

    count = serializers.FloatField(help_text="a tie of the two counts in part")
    of = serializers.IntegerField()
    ties = serializers.IntegerField()


class DrawingPicksSerializer(ShareSerializer):
    """How the drawings fared that competed with networks."""

    picks = serializers.FloatField()
    networks_preferred = PreferredSerializer()


class ChooserSerializer(serializers.Serializer):
    """One person's choices, by pseudonym."""

    reviewer = serializers.CharField()
    picks = serializers.IntegerField()
    denied = CountedShareSerializer()
    networks_preferred = PreferredSerializer(allow_null=True)


class PicksSerializer(serializers.Serializer):
    """A blind choice's figures; ``drawings`` is null where none competed."""

    round = serializers.CharField()
    picks = serializers.IntegerField()
    denied = CountedShareSerializer()
    networks = NetworkPicksSerializer(many=True)
    drawings = DrawingPicksSerializer(allow_null=True)
    people = ChooserSerializer(many=True)
