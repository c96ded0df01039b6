"""Shapes of the figures on reviewers, by pseudonym, for the schema."""

from __future__ import annotations

from rest_framework import serializers


class ReaderShareSerializer(serializers.Serializer):
    """A share, 0..1, with its 95 % Wilson interval and the numbers that it comes from."""

    count = serializers.IntegerField()
    of = serializers.IntegerField()
    share = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)


class KappaSerializer(serializers.Serializer):
    """Share of agreeing pairs, 0..1, and kappa, -1..1, with its 95 % interval; null where it has no value."""

    films = serializers.IntegerField()
    agreement = serializers.FloatField(allow_null=True)
    kappa = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)


class PairAgreementSerializer(KappaSerializer):
    """Cohen's kappa of two reviewers over the films that both read."""

    reviewers = serializers.ListField(child=serializers.CharField())


class CategoryAgreementSerializer(serializers.Serializer):
    """One verdict: its share of all readings, how often the others said so too, and its own kappa."""

    decision = serializers.CharField()
    readings = serializers.IntegerField()
    share = serializers.FloatField()
    agreement = serializers.FloatField()
    kappa = serializers.FloatField(allow_null=True)


class FleissSerializer(KappaSerializer):
    """Fleiss' kappa over the films that this many people read."""

    readers = serializers.IntegerField()
    categories = CategoryAgreementSerializer(many=True)


class VerdictAgreementSerializer(KappaSerializer):
    """Verdicts on the same proposal: Cohen's kappa over all pairs of readings, by pair, and Fleiss' kappa."""

    read = serializers.IntegerField()
    read_by_more = ReaderShareSerializer()
    pairs = PairAgreementSerializer(many=True)
    fleiss = FleissSerializer(many=True)


class DiceSummarySerializer(serializers.Serializer):
    """DSC of pairs of masks at film resolution, 0..1."""

    pairs = serializers.IntegerField()
    q1 = serializers.FloatField(allow_null=True)
    median = serializers.FloatField(allow_null=True)
    q3 = serializers.FloatField(allow_null=True)
    lowest = serializers.FloatField(allow_null=True)


class PairDiceSerializer(DiceSummarySerializer):
    """The same of two reviewers."""

    reviewers = serializers.ListField(child=serializers.CharField())


class IndependentDiceSerializer(DiceSummarySerializer):
    """The same, with the pairs that this answer did not compare; films that two people were asked to correct, and those
    of them whose corrections an MD had to choose between."""

    left_out = serializers.IntegerField()
    asked = serializers.IntegerField()
    sent_to_md = serializers.IntegerField()
    people = PairDiceSerializer(many=True)


class CorrectionAgreementSerializer(serializers.Serializer):
    """Two people's corrections of the same film."""

    independent = IndependentDiceSerializer()
    in_sequence = DiceSummarySerializer()


class EvenPicksSerializer(serializers.Serializer):
    """Picks by place, first place first; ``p`` is null where a place expects fewer than five picks."""

    panes = serializers.IntegerField()
    picks = serializers.IntegerField()
    observed = serializers.ListField(child=serializers.IntegerField())
    expected = serializers.ListField(child=serializers.FloatField())
    chi_square = serializers.FloatField()
    df = serializers.IntegerField()
    p = serializers.FloatField(allow_null=True)
    needed = serializers.IntegerField()


class ReviewerPicksSerializer(EvenPicksSerializer):
    """One reviewer's picks by place."""

    reviewer = serializers.CharField()


class PositionBiasSerializer(serializers.Serializer):
    """Picks of the blind choice by displayed place."""

    picks = serializers.IntegerField()
    tied = serializers.IntegerField()
    by_panes = EvenPicksSerializer(many=True)
    reviewers = ReviewerPicksSerializer(many=True)


class AgainstChanceSerializer(ReaderShareSerializer):
    """A share with what chance alone would give, 0..1."""

    chance = serializers.FloatField(allow_null=True)


class RepeatedChoiceSerializer(serializers.Serializer):
    """Second choices on the same film: alike (same tie group, or none both times), the same pane, the same place."""

    alike = AgainstChanceSerializer()
    picked = AgainstChanceSerializer()
    place = AgainstChanceSerializer()
    first_seconds = serializers.FloatField(allow_null=True)
    seconds = serializers.FloatField(allow_null=True)


class ReviewerRepeatsSerializer(RepeatedChoiceSerializer):
    """One reviewer's repeated choices."""

    reviewer = serializers.CharField()


class ChoiceRepeatsSerializer(serializers.Serializer):
    """Blind choices that came back to the same person."""

    closed_batches_only = serializers.BooleanField()
    offered = serializers.IntegerField()
    done = serializers.IntegerField()
    not_compared = serializers.IntegerField()
    waiting = serializers.IntegerField()
    dropped = serializers.IntegerField()
    cost_seconds = serializers.FloatField()
    all = RepeatedChoiceSerializer()
    reviewers = ReviewerRepeatsSerializer(many=True)


class ReviewerMissSerializer(ReaderShareSerializer):
    """Proposals broken on purpose that a reviewer accepted; median active seconds on them and on others."""

    reviewer = serializers.CharField()
    seconds = serializers.FloatField(allow_null=True)
    other_seconds = serializers.FloatField(allow_null=True)


class FaultMissSerializer(ReaderShareSerializer):
    """Accepted probes by how they were broken."""

    fault = serializers.CharField()


class ProbeMissesSerializer(serializers.Serializer):
    """What became of proposals broken on purpose."""

    closed_batches_only = serializers.BooleanField()
    all = ReaderShareSerializer()
    reviewers = ReviewerMissSerializer(many=True)
    faults = FaultMissSerializer(many=True)


class AgreementSerializer(serializers.Serializer):
    """Figures on reviewers, by pseudonym."""

    verdicts = VerdictAgreementSerializer()
    corrections = CorrectionAgreementSerializer()
    selections = ReaderShareSerializer()
    positions = PositionBiasSerializer()
    repeats = ChoiceRepeatsSerializer()
    probes = ProbeMissesSerializer()
