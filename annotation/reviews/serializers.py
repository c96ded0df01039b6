"""What reviewers send, checked; and the shape of what they get, for the schema."""

from __future__ import annotations

import json
from typing import Any

from rest_framework import serializers

from annotation.common.serializers import RequestSerializer
from annotation.reviews.models import (
    AdjudicationDecision,
    EditDecision,
    SelectionDecision,
    TaskKind,
    TaskState,
    VerdictDecision,
    VerificationDecision,
)
from annotation.reviews.models.acts import MAX_ACTIVE_SECONDS, WITHDRAWN


def _choices(decisions: Any) -> list[tuple[str, str]]:
    return [choice for choice in decisions.choices if choice[0] != WITHDRAWN]


class NextSerializer(RequestSerializer):
    """How many tasks, and of which kinds (all where none is named)."""

    count = serializers.IntegerField(min_value=1, max_value=10, default=1)
    kinds = serializers.ListField(child=serializers.ChoiceField(choices=TaskKind.choices), default=list)


class SubmissionSerializer(RequestSerializer):
    """What comes with every act."""

    idempotency_key = serializers.CharField(min_length=8, max_length=64)
    """A fresh random key for every act; the same one when it is sent again."""
    lease_token = serializers.UUIDField()
    active_seconds = serializers.FloatField(min_value=0, max_value=MAX_ACTIVE_SECONDS)
    comment = serializers.CharField(allow_blank=True, default="", max_length=4000)


class MarksField(serializers.JSONField):
    """Polylines in film pixels, ``[[[x, y], ...], ...]``; as a string of JSON in a form."""

    def to_internal_value(self, data: Any) -> Any:
        """A list of lists of number pairs."""
        if isinstance(data, str):
            try:
                data = json.loads(data or "[]")
            except ValueError:
                self.fail("invalid")
        if not isinstance(data, list) or len(data) > 200:
            raise serializers.ValidationError("marks must be a list of at most 200 polylines")
        for line in data:
            points = line if isinstance(line, list) else None
            if points is None or len(points) > 5000 or not all(_is_point(point) for point in points):
                raise serializers.ValidationError("a mark is a list of at most 5000 points [x, y] in film pixels")
        return data


def _is_point(point: Any) -> bool:
    return (
        isinstance(point, list)
        and len(point) == 2
        and all(isinstance(value, int | float) and not isinstance(value, bool) for value in point)
    )


class VerdictSerializer(SubmissionSerializer):
    """Stage II: accept, reject, unsure or exclude; excluding needs its reason in ``comment``."""

    decision = serializers.ChoiceField(choices=_choices(VerdictDecision))


class CorrectionSerializer(SubmissionSerializer):
    """A corrected mask: PNG in the form field ``mask``, black and white, at the film's own size. Without one:
    ``exclude`` with its reason as ``comment``, or ``unsure``, which asks an MD.
    """

    decision = serializers.ChoiceField(choices=_choices(EditDecision), default=EditDecision.CORRECT)
    mask = serializers.FileField(required=False, allow_null=True, default=None)
    start = serializers.UUIDField(required=False, allow_null=True, default=None)
    """Mask from which the drawing started; the proposal where nothing is said."""


class AdjudicationSerializer(SubmissionSerializer):
    """An MD's decision; ``draw`` comes with a PNG in the form field ``mask``."""

    decision = serializers.ChoiceField(choices=_choices(AdjudicationDecision))
    marks = MarksField(default=list)  # type: ignore[arg-type]
    mask = serializers.FileField(required=False, allow_null=True, default=None)


class SelectionSerializer(SubmissionSerializer):
    """Stage III: pick the candidate at ``position`` as shown, from 0, or deny all."""

    decision = serializers.ChoiceField(choices=_choices(SelectionDecision))
    position = serializers.IntegerField(min_value=0, required=False, allow_null=True, default=None)


class VerificationSerializer(SubmissionSerializer):
    """Stage IV: confirm, or correct with a PNG in the form field ``mask``."""

    decision = serializers.ChoiceField(choices=_choices(VerificationDecision))
    mask = serializers.FileField(required=False, allow_null=True, default=None)


class ReportSerializer(SubmissionSerializer):
    """The film could not be loaded; ``comment`` may say what was seen."""


class UndoSerializer(RequestSerializer):
    """Taking one's last act on a task back."""

    idempotency_key = serializers.CharField(min_length=8, max_length=64)


class FilmPayloadSerializer(serializers.Serializer):
    """A film to look at."""

    id = serializers.UUIDField()
    width = serializers.IntegerField()
    height = serializers.IntegerField()
    pixels = serializers.CharField()


class EarlierFilmSerializer(FilmPayloadSerializer):
    """Another film of the patient."""

    taken_on = serializers.DateField(allow_null=True, help_text="empty where neither file nor manifest tells it")
    later = serializers.BooleanField(help_text="taken after the film of the task, where both days are known")


class ProposalSerializer(serializers.Serializer):
    """A mask to judge."""

    id = serializers.UUIDField()
    url = serializers.CharField()


class CandidateSerializer(serializers.Serializer):
    """A mask of a blind choice; equal ``tie`` numbers are near-identical masks."""

    position = serializers.IntegerField()
    url = serializers.CharField()
    tie = serializers.IntegerField()


class AdviceSerializer(serializers.Serializer):
    """What the MD said to the corrector."""

    comment = serializers.CharField(allow_blank=True)
    marks = serializers.JSONField()


class WordSerializer(serializers.Serializer):
    """What an earlier reader said; the decision is not told on a disputed choice."""

    decision = serializers.CharField(allow_null=True)
    comment = serializers.CharField(allow_blank=True)


class BatchProgressSerializer(serializers.Serializer):
    """How far the batch is, counted in tasks of this task's kind."""

    name = serializers.CharField()
    done = serializers.IntegerField()
    total = serializers.IntegerField()


class TaskSerializer(serializers.Serializer):
    """A task as its holder sees it; nothing in it tells the network, the patient or the class."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=TaskKind.choices)
    batch = BatchProgressSerializer()
    image = FilmPayloadSerializer()
    proposal = ProposalSerializer(allow_null=True)
    candidates = CandidateSerializer(many=True)
    starts = ProposalSerializer(many=True, help_text="other masks from which a correction may begin, unnamed")
    advice = AdviceSerializer(allow_null=True)
    words = WordSerializer(many=True)
    earlier_films = EarlierFilmSerializer(many=True)
    lease_token = serializers.UUIDField(allow_null=True)
    lease_expires_at = serializers.DateTimeField(allow_null=True)
    opened_at = serializers.DateTimeField(allow_null=True)


class TasksSerializer(serializers.Serializer):
    """Tasks that are leased to me now, those I held before first."""

    tasks = TaskSerializer(many=True)


class LeaseSerializer(serializers.Serializer):
    """Until when the lease holds without a further heartbeat."""

    id = serializers.UUIDField()
    state = serializers.ChoiceField(choices=TaskState.choices)
    lease_expires_at = serializers.DateTimeField(allow_null=True)
    opened_at = serializers.DateTimeField(allow_null=True)


class WaitingSerializer(serializers.Serializer):
    """Tasks that I could be given now, by kind."""

    verdict = serializers.IntegerField()
    correction = serializers.IntegerField()
    adjudication = serializers.IntegerField()
    selection = serializers.IntegerField()
    verification = serializers.IntegerField()


class QueueSerializer(serializers.Serializer):
    """What waits for me in a project."""

    project = serializers.SlugField()
    state = serializers.CharField()
    waiting = WaitingSerializer()
    drawings = serializers.IntegerField(help_text="of the corrections those that begin from nothing")
    held = serializers.IntegerField()


class TaskStateSerializer(serializers.Serializer):
    """A task's state after an act."""

    id = serializers.UUIDField()
    state = serializers.ChoiceField(choices=TaskState.choices)


class ReceiptSerializer(serializers.Serializer):
    """What became of an act. ``counts`` false: kept as an opinion, for the reason in ``message``."""

    act = serializers.UUIDField()
    counts = serializers.BooleanField()
    repeated = serializers.BooleanField()
    message = serializers.CharField(allow_blank=True)
    task = TaskStateSerializer()
    follow_up = TaskSerializer(allow_null=True)
