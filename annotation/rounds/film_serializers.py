"""Shapes of the films' list and of one film's history."""

from __future__ import annotations

from rest_framework import serializers

from annotation.common.serializers import RequestSerializer
from annotation.images.models import ImageRole, ImageSplit, ImageState, ScreeningOutcome
from annotation.masks.models import MaskKind
from annotation.reviews.models import ALL_ACTS, ResolutionDecision, TaskKind, TaskState
from annotation.rounds.models import Provenance
from annotation.rounds.selectors.films import NO_MASK, ORDERS, TRAINING

LARGEST_PAGE = 200


class FilmFilterSerializer(RequestSerializer):
    """Which films. An empty value is no filter; ``none`` asks for films that have no such value."""

    role = serializers.ChoiceField(choices=ImageRole.choices, required=False, allow_blank=True)
    state = serializers.ChoiceField(choices=ImageState.choices, required=False, allow_blank=True)
    split = serializers.ChoiceField(
        choices=[TRAINING, ImageSplit.VALIDATION.value, ImageSplit.TEST.value], required=False, allow_blank=True
    )
    label = serializers.CharField(required=False, allow_blank=True, max_length=64)  # type: ignore[assignment]
    view = serializers.CharField(required=False, allow_blank=True, max_length=32)
    source = serializers.CharField(required=False, allow_blank=True, max_length=200)  # type: ignore[assignment]
    quality = serializers.ChoiceField(choices=["low", "medium", "high", NO_MASK], required=False, allow_blank=True)
    provenance = serializers.ChoiceField(
        choices=[*Provenance.values, NO_MASK], required=False, allow_blank=True, help_text="of the current mask"
    )
    round = serializers.CharField(required=False, allow_blank=True, max_length=32, help_text="name, such as II.1")


class FilmRoleSerializer(RequestSerializer):
    """Which films become what: named by id, or all that filters let through; ``filters`` of ``{}`` are all films."""

    role = serializers.ChoiceField(choices=ImageRole.choices)
    images = serializers.ListField(child=serializers.UUIDField(), max_length=5000, required=False)
    filters = FilmFilterSerializer(required=False)


class FilmRefusalSerializer(serializers.Serializer):
    """A film that stays as it is, and why."""

    image = serializers.UUIDField()
    reason = serializers.CharField()


class FilmRoleReceiptSerializer(serializers.Serializer):
    """What became of the films."""

    changed = serializers.IntegerField()
    unchanged = serializers.IntegerField(help_text="films that have this role already")
    refused = FilmRefusalSerializer(many=True)


class FilmPageRequestSerializer(FilmFilterSerializer):
    """Which films, in which order, from which place on."""

    order = serializers.ChoiceField(choices=list(ORDERS), default="newest")
    limit = serializers.IntegerField(min_value=1, max_value=LARGEST_PAGE, default=100)
    offset = serializers.IntegerField(min_value=0, default=0)


class FilmCardSerializer(serializers.Serializer):
    """A film in the browser. ``being_read``: mask and scores are hidden from you, who are also a reader here."""

    id = serializers.UUIDField()
    thumbnail = serializers.CharField()
    outline = serializers.CharField(allow_null=True, help_text="of the current mask, else of a network's last one")
    role = serializers.ChoiceField(choices=ImageRole.choices)
    state = serializers.ChoiceField(choices=ImageState.choices)
    split = serializers.CharField(help_text="training, validation or test")
    exclusion_reason = serializers.CharField(allow_blank=True)
    width = serializers.IntegerField()
    height = serializers.IntegerField()
    label = serializers.CharField(allow_blank=True)  # type: ignore[assignment]
    view = serializers.CharField(allow_blank=True)
    source = serializers.CharField()  # type: ignore[assignment]
    quality = serializers.CharField(allow_blank=True)
    snr_db = serializers.FloatField(allow_null=True)
    patient = serializers.CharField(help_text="keyed pseudonym")
    provenance = serializers.CharField(allow_null=True)
    verified = serializers.CharField(allow_blank=True)
    confidence = serializers.FloatField(allow_null=True)
    disagreement = serializers.FloatField(allow_null=True)
    being_read = serializers.BooleanField()
    created_at = serializers.DateTimeField()


class FilmPageSerializer(serializers.Serializer):
    """Films at a place of an order; ``count`` is that of all that the filters let through."""

    count = serializers.IntegerField()
    results = FilmCardSerializer(many=True)


class FilmValueSerializer(serializers.Serializer):
    """A filter's value with the films that it would leave."""

    value = serializers.CharField()
    count = serializers.IntegerField()


class FilmFacetsSerializer(serializers.Serializer):
    """How many films each filter's values would leave, the other filters being as they are."""

    total = serializers.IntegerField()
    role = FilmValueSerializer(many=True)
    state = FilmValueSerializer(many=True)
    split = FilmValueSerializer(many=True)
    label = FilmValueSerializer(many=True)  # type: ignore[assignment]
    view = FilmValueSerializer(many=True)
    source = FilmValueSerializer(many=True)  # type: ignore[assignment]
    quality = FilmValueSerializer(many=True)
    provenance = FilmValueSerializer(many=True)
    round = FilmValueSerializer(many=True)


class FilmActSerializer(serializers.Serializer):
    """What a person did; ``supersedes`` names the act that an undo took back."""

    id = serializers.UUIDField()
    act = serializers.ChoiceField(choices=list(ALL_ACTS), help_text="what was done, as a rule what the task asks for")
    actor = serializers.CharField(help_text="pseudonym")
    decision = serializers.CharField()
    comment = serializers.CharField(allow_blank=True)
    marks = serializers.ListField(child=serializers.ListField(), help_text="polylines in film pixels")
    active_seconds = serializers.FloatField()
    counts = serializers.BooleanField()
    supersedes = serializers.UUIDField(allow_null=True)
    start = serializers.UUIDField(allow_null=True, help_text="mask from which a correction began")
    mask = serializers.UUIDField(allow_null=True, help_text="mask that came of it, or that was picked")
    position = serializers.IntegerField(allow_null=True, help_text="place of the picked mask as shown, from 0")
    credited = serializers.ListField(child=serializers.UUIDField(), help_text="the picked mask and its ties")
    changed_pixels = serializers.IntegerField(allow_null=True)
    dsc_with_start = serializers.FloatField(allow_null=True)
    created_at = serializers.DateTimeField()


class FilmCandidateSerializer(serializers.Serializer):
    """A mask of a blind choice at its place."""

    position = serializers.IntegerField()
    mask = serializers.UUIDField()
    tie_group = serializers.IntegerField()


class FilmDecisionSerializer(serializers.Serializer):
    """What an admin decided: screening takes a film ``out`` or brings it ``in``, one that was set aside is put back or
    excluded.
    """

    id = serializers.UUIDField()
    about = serializers.ChoiceField(choices=["screening", "set_aside"])
    decision = serializers.ChoiceField(choices=[*ScreeningOutcome.values, *ResolutionDecision.values])
    actor = serializers.CharField(help_text="pseudonym")
    reason = serializers.CharField(allow_blank=True)
    suggested = serializers.ListField(child=serializers.CharField(), help_text="what a rule held against the film")
    created_at = serializers.DateTimeField()


class FilmTaskSerializer(serializers.Serializer):
    """A task with its acts."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=TaskKind.choices)
    batch = serializers.CharField()
    role = serializers.CharField()
    state = serializers.ChoiceField(choices=TaskState.choices)
    replica = serializers.IntegerField()
    replicas = serializers.IntegerField()
    is_probe = serializers.BooleanField()
    is_repeat = serializers.BooleanField()
    proposal = serializers.UUIDField(allow_null=True)
    parent = serializers.UUIDField(allow_null=True)  # type: ignore[assignment]
    candidates = FilmCandidateSerializer(many=True)
    created_at = serializers.DateTimeField()
    settled_at = serializers.DateTimeField(allow_null=True)
    acts = FilmActSerializer(many=True)


class FilmMaskSerializer(serializers.Serializer):
    """A mask of the film and who drew it."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=MaskKind.choices)
    url = serializers.CharField()
    network = serializers.CharField(allow_null=True)
    model_version = serializers.UUIDField(allow_null=True)
    author = serializers.CharField(allow_null=True, help_text="pseudonym")
    round_number = serializers.IntegerField()
    round_name = serializers.CharField(allow_blank=True, help_text="as people say it: II.1; empty before any round")
    confidence = serializers.FloatField(allow_null=True)
    disagreement = serializers.FloatField(allow_null=True)
    foreground_pixels = serializers.IntegerField()
    sha256 = serializers.CharField()
    parents = serializers.ListField(child=serializers.UUIDField())
    note = serializers.DictField()
    created_at = serializers.DateTimeField()


class FilmTruthSerializer(serializers.Serializer):
    """A version of the film's ground truth."""

    version = serializers.IntegerField()
    mask = serializers.UUIDField()
    provenance = serializers.ChoiceField(choices=Provenance.choices)
    round_number = serializers.IntegerField()
    verified = serializers.CharField(allow_blank=True)
    created_at = serializers.DateTimeField()
    superseded_at = serializers.DateTimeField(allow_null=True)


class FilmRoundSerializer(serializers.Serializer):
    """A round that the film was taken into, and why."""

    round__name = serializers.CharField()
    round_id = serializers.UUIDField()
    stratum = serializers.CharField(allow_blank=True)
    reason = serializers.CharField(allow_blank=True)
    order = serializers.IntegerField()
    created_at = serializers.DateTimeField()


class FilmRelativeSerializer(serializers.Serializer):
    """Another film: of the same patient, or of the same picture."""

    image = serializers.UUIDField()
    thumbnail = serializers.CharField()
    same_patient = serializers.BooleanField()
    correlation = serializers.FloatField(allow_null=True, help_text="of the registered pixels, for near duplicates")
    in_project = serializers.BooleanField()


class FilmHistorySerializer(serializers.Serializer):
    """One film's whole way."""

    image = serializers.UUIDField()
    role = serializers.CharField()
    state = serializers.CharField()
    split = serializers.CharField(allow_blank=True)
    exclusion_reason = serializers.CharField(allow_blank=True)
    label = serializers.CharField(allow_blank=True)  # type: ignore[assignment]
    source = serializers.CharField()  # type: ignore[assignment]
    quality_tier = serializers.CharField(allow_blank=True)
    imported_at = serializers.DateTimeField()
    joined_at = serializers.DateTimeField(help_text="when the film came into this project")
    relatives = FilmRelativeSerializer(many=True)
    rounds = FilmRoundSerializer(many=True)
    decisions = FilmDecisionSerializer(many=True)
    tasks = FilmTaskSerializer(many=True)
    masks = FilmMaskSerializer(many=True)
    repository = FilmTruthSerializer(many=True)
