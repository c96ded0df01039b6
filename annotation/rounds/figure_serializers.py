"""Shapes of a project's figures, for the schema; and what may be asked of them."""

from __future__ import annotations

import math

from rest_framework import serializers

from annotation.common.serializers import RequestSerializer
from annotation.rounds.serializers import BatchEffortSerializer

LONGEST_DRAWING = 4 * 3600.0


class FiguresQuerySerializer(RequestSerializer):
    """The assumption behind the effort saved."""

    draw_seconds = serializers.FloatField(
        min_value=1,
        max_value=LONGEST_DRAWING,
        default=None,
        help_text="seconds to draw one film by hand; else the mean of the project's own drawings, or the assumption",
    )

    def validate_draw_seconds(self, value: float | None) -> float | None:
        """Comparisons let no-number pass."""
        if value is not None and not math.isfinite(value):
            raise serializers.ValidationError("give a number of seconds")
        return value


class BalanceSerializer(serializers.Serializer):
    """Seconds that people spent against seconds by hand; the saved share is at most 1 and may be negative."""

    films = serializers.IntegerField()
    spent_seconds = serializers.FloatField()
    by_hand_seconds = serializers.FloatField()
    saved_seconds = serializers.FloatField()
    saved_share = serializers.FloatField(allow_null=True)


class BatchBalanceSerializer(BalanceSerializer):
    """The same of one batch."""

    batch = serializers.CharField()
    number = serializers.IntegerField()


class SavingSerializer(BalanceSerializer):
    """Effort saved, with its assumption, and with half and double of it."""

    draw_seconds = serializers.FloatField()
    default_draw_seconds = serializers.FloatField()
    source = serializers.CharField()  # type: ignore[assignment]
    measured_drawings = serializers.IntegerField(
        help_text="drawings of this project that the default is the mean of; 0 where it is an assumption"
    )
    half = BalanceSerializer()
    double = BalanceSerializer()
    break_even_seconds = serializers.FloatField(
        allow_null=True, help_text="seconds a drawing would have to take for nothing to be saved"
    )
    batches = BatchBalanceSerializer(many=True)


class DscSummarySerializer(serializers.Serializer):
    """DSC at film resolution, 0..1, over the films that could be compared."""

    films = serializers.IntegerField()
    compared = serializers.IntegerField()
    q1 = serializers.FloatField(allow_null=True)
    median = serializers.FloatField(allow_null=True)
    q3 = serializers.FloatField(allow_null=True)
    lowest = serializers.FloatField(allow_null=True)


class ProposalScoresSerializer(serializers.Serializer):
    """A batch's proposals against the masks that the batch left."""

    batch = serializers.CharField()
    number = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=["evaluation", "verification"])
    unchanged = serializers.IntegerField()
    changed = DscSummarySerializer()
    all = DscSummarySerializer()


class MainNetworkSerializer(serializers.Serializer):
    """The main network when a round closed; validation DSC at the working size."""

    round = serializers.CharField()
    number = serializers.IntegerField()
    network = serializers.CharField()
    validation_dsc = serializers.FloatField()
    grown_validation_dsc = serializers.FloatField(allow_null=True)


class FiguresSerializer(serializers.Serializer):
    """What the project cost and how its proposals fared, batch by batch."""

    effort = BatchEffortSerializer(many=True)
    saving = SavingSerializer()
    proposals = ProposalScoresSerializer(many=True)
    main_networks = MainNetworkSerializer(many=True)


class EpochSerializer(serializers.Serializer):
    """One epoch; the score is at the working size."""

    epoch = serializers.IntegerField()
    train_loss = serializers.FloatField()
    validation_dsc = serializers.FloatField()


class CurveSerializer(serializers.Serializer):
    """A network's training, epoch by epoch."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    purpose = serializers.CharField()
    round_number = serializers.IntegerField()
    best_epoch = serializers.IntegerField()
    curve = EpochSerializer(many=True)


class PartSerializer(serializers.Serializer):
    """Films of one class, source or quality: how many, of how many; null where that is not kept."""

    value = serializers.CharField()
    films = serializers.IntegerField()
    available = serializers.IntegerField(allow_null=True)


class CompositionSerializer(serializers.Serializer):
    """Films by class, source and quality."""

    label = PartSerializer(many=True)  # type: ignore[assignment]
    source = PartSerializer(many=True)  # type: ignore[assignment]
    quality = PartSerializer(many=True)


class StratumSerializer(serializers.Serializer):
    """Films of one stratum: how many, of how many."""

    stratum = serializers.CharField()
    films = serializers.IntegerField()
    available = serializers.IntegerField(allow_null=True)


class BatchAheadSerializer(serializers.Serializer):
    """A batch: how many films, of what, why these, and which networks draw."""

    name = serializers.CharField()
    kind = serializers.CharField()
    films = serializers.IntegerField()
    available = serializers.IntegerField(allow_null=True)
    method = serializers.CharField(allow_blank=True)
    seed = serializers.IntegerField(allow_null=True)
    composition = CompositionSerializer()
    strata = StratumSerializer(many=True)
    reasons = serializers.ListField(child=serializers.CharField())
    network_rule = serializers.ChoiceField(
        choices=[
            "drew", "main", "main_after_training", "best_of_initial", "most_picked", "candidates", "folds", "none",
        ]
    )  # fmt: skip
    networks = serializers.ListField(child=serializers.CharField())


class NextBatchSerializer(serializers.Serializer):
    """The batch that is read now and the one that would come next; null where there is none."""

    current = BatchAheadSerializer(allow_null=True)
    next = BatchAheadSerializer(allow_null=True)
