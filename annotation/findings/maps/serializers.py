"""Maps as JSON."""

from __future__ import annotations

from rest_framework import serializers

from annotation.common.serializers import RequestSerializer
from annotation.rounds.serializers import JobSerializer


class MapAskSerializer(RequestSerializer):
    """Whose map."""

    network = serializers.UUIDField(
        required=False, allow_null=True, default=None, help_text="one of the film's ``networks``; the first if left out"
    )


class MapNetworkSerializer(serializers.Serializer):
    """A network of the project."""

    id = serializers.UUIDField()
    network = serializers.CharField()
    round = serializers.IntegerField()
    round_name = serializers.CharField(allow_blank=True, help_text="as people say it: II.1")
    validation_dsc = serializers.FloatField()
    main = serializers.BooleanField(help_text="whether it is the project's main network now")
    learnt_from = serializers.BooleanField(
        help_text="whether it was trained or selected on films of this film's patient: it may know this one by heart"
    )


class FilmMapSerializer(serializers.Serializer):
    """One network's map of a film; numbers and addresses are null until it is drawn."""

    id = serializers.UUIDField()
    network = MapNetworkSerializer()
    highest = serializers.FloatField(allow_null=True, help_text="greatest probability of any pixel, 0..1")
    shown_share = serializers.FloatField(
        allow_null=True, help_text="share of the film's pixels with a probability of 0.5 / 255 or more"
    )
    picture = serializers.CharField(allow_null=True, help_text="colours over the film, PNG")
    probability = serializers.CharField(allow_null=True, help_text="8-bit grey PNG: 255 times the probability")
    engine = serializers.CharField(allow_blank=True, help_text="what drew: library, version and precision")
    created_at = serializers.DateTimeField()
    job = JobSerializer()


class FilmMapsSerializer(serializers.Serializer):
    """Maps of a film, newest first."""

    name = serializers.CharField(help_text="infection map, or probability map for any other target")
    networks = MapNetworkSerializer(
        many=True,
        help_text="whose maps can be asked for: first the main network, before there is one the best that never saw "
        "the film's patient; of a round's folds, of each name, the one that never saw him",
    )
    maps = FilmMapSerializer(many=True)
