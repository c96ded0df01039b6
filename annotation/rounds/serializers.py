"""Shapes of answers, for the schema; and the little that admins send."""

from __future__ import annotations

from rest_framework import serializers

from annotation.common.serializers import RequestSerializer
from annotation.jobs.models import JobKind, JobStatus
from annotation.projects.models import ProjectState
from annotation.rounds.choice_serializers import PicksSerializer
from annotation.rounds.models import RoundFilm, RoundState, StepState
from annotation.rounds.share_serializers import CountedShareSerializer


class ReasonSerializer(RequestSerializer):
    """Why, in words; kept with the job."""

    reason = serializers.CharField(required=False, allow_blank=True, default="", max_length=500)


class PointSerializer(serializers.Serializer):
    """One thing to see to before a project starts."""

    code = serializers.CharField()
    done = serializers.BooleanField()
    required = serializers.BooleanField(  # type: ignore[assignment]
        help_text="whether the start is refused without it"
    )
    text = serializers.CharField()
    page = serializers.ChoiceField(choices=["import", "screening", "people", "guide"])


class StateSerializer(serializers.Serializer):
    """A project's state after an act of an admin."""

    project = serializers.SlugField()
    state = serializers.ChoiceField(choices=ProjectState.choices)


class WaitSerializer(serializers.Serializer):
    """For whom a queued job waits."""

    ahead = serializers.IntegerField(help_text="other jobs that come before it")
    workers = serializers.IntegerField(help_text="workers that live and could take it")
    worker_seen_at = serializers.DateTimeField(allow_null=True, help_text="the last sign of any; null: never")
    platform_seen_at = serializers.DateTimeField(
        allow_null=True, help_text="when the platform worker last looked for them; null: never"
    )


class JobSerializer(serializers.Serializer):
    """A training or a prediction. Reviewers see neither networks nor scores."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=JobKind.choices)
    status = serializers.ChoiceField(choices=JobStatus.choices)
    attempt = serializers.IntegerField()
    max_attempts = serializers.IntegerField()
    networks = serializers.ListField(child=serializers.CharField())
    progress = serializers.DictField()
    worker = serializers.CharField(allow_blank=True)
    error = serializers.CharField(allow_blank=True)
    created_at = serializers.DateTimeField()
    queued_at = serializers.DateTimeField(allow_null=True)
    started_at = serializers.DateTimeField(allow_null=True)
    heartbeat_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    wait = WaitSerializer(allow_null=True, help_text="null where the job does not wait, and for reviewers")


class JobEventSerializer(serializers.Serializer):
    """A change of a job's state."""

    attempt = serializers.IntegerField()
    old = serializers.CharField(allow_blank=True)
    new = serializers.CharField()
    reason = serializers.CharField(allow_blank=True)
    created_at = serializers.DateTimeField()


class JobDetailSerializer(JobSerializer):
    """A job with its history."""

    events = JobEventSerializer(many=True)


class StepSerializer(serializers.Serializer):
    """A step of a round; ``params``, ``outcome`` and ``error`` are for researchers and admins."""

    index = serializers.IntegerField()
    kind = serializers.CharField()
    state = serializers.ChoiceField(choices=StepState.choices)
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    error = serializers.CharField(allow_blank=True)
    params = serializers.DictField()
    outcome = serializers.DictField()
    jobs = JobSerializer(many=True)


class RoundSerializer(serializers.Serializer):
    """A round with its steps."""

    id = serializers.UUIDField()
    number = serializers.IntegerField()
    name = serializers.CharField()
    stage = serializers.IntegerField()
    kind = serializers.CharField()
    state = serializers.ChoiceField(choices=RoundState.choices)
    created_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)
    steps = StepSerializer(many=True)
    main_network = serializers.UUIDField(allow_null=True, required=False)


class RoundDetailSerializer(RoundSerializer):
    """A round; why its films were chosen is for researchers and admins."""

    films = serializers.IntegerField()
    explanation = serializers.DictField(required=False)
    summary = serializers.DictField(required=False)


class RoundFilmSerializer(serializers.ModelSerializer):
    """A film of a round: the stratum that it stands for, and why it was chosen."""

    image = serializers.UUIDField(source="project_image.image_id", read_only=True)
    state = serializers.CharField(source="project_image.state", read_only=True)

    class Meta:
        model = RoundFilm
        fields = ["image", "order", "stratum", "reason", "state"]
        read_only_fields = fields


class BatchEffortSerializer(serializers.Serializer):
    """What a batch cost and how it went."""

    batch = serializers.CharField()
    number = serializers.IntegerField()
    state = serializers.CharField()
    acts = serializers.IntegerField()
    films = serializers.IntegerField()
    active_seconds = serializers.FloatField()
    seconds_by_kind = serializers.DictField(child=serializers.FloatField())
    probe_seconds = serializers.FloatField()
    repeat_seconds = serializers.FloatField()
    seconds_per_film = serializers.FloatField(allow_null=True)
    accepted = CountedShareSerializer(allow_null=True)
    denied = CountedShareSerializer(allow_null=True)


class PlacedRoundSerializer(RoundSerializer):
    """A round with where its films are now."""

    places = serializers.DictField(
        child=serializers.IntegerField(), allow_null=True,
        help_text="chosen, reading, settled, denied, excluded, confirmed, corrected; null for reviewers",
    )  # fmt: skip


class StageSerializer(serializers.Serializer):
    """A stage of the protocol with its rounds so far."""

    index = serializers.IntegerField()
    name = serializers.CharField()
    kind = serializers.CharField()
    state = serializers.ChoiceField(choices=["waiting", "running", "done"])
    rounds = PlacedRoundSerializer(many=True)


class FilmCountsSerializer(serializers.Serializer):
    """Films by role and state, and by split."""

    roles = serializers.DictField(child=serializers.DictField(child=serializers.IntegerField()))
    splits = serializers.DictField(child=serializers.IntegerField())
    total = serializers.IntegerField()


class CurrentSerializer(serializers.Serializer):
    """Where the project stands now."""

    round = serializers.UUIDField()
    name = serializers.CharField()
    state = serializers.ChoiceField(choices=RoundState.choices)
    step = StepSerializer(allow_null=True)
    waits_for = serializers.CharField(allow_blank=True, help_text="what holds the round up beside its readers")
    closes_at = serializers.DateTimeField(
        allow_null=True, help_text="when the batch closes as all is judged; until then acts can be taken back"
    )


class VerifiedSerializer(serializers.Serializer):
    """MDs' verifications that count now."""

    confirmed = serializers.IntegerField()
    corrected = serializers.IntegerField()


class OverviewRoundSerializer(serializers.Serializer):
    """A project's latest round, the step that is not done, and its jobs."""

    name = serializers.CharField()
    kind = serializers.CharField()
    state = serializers.ChoiceField(choices=RoundState.choices)
    step = serializers.CharField(allow_blank=True)
    running = serializers.IntegerField()
    queued = serializers.IntegerField()


class OverviewSerializer(serializers.Serializer):
    """A project at a glance, for those who lead it."""

    project = serializers.SlugField()
    films = serializers.IntegerField(help_text="excluded ones left out")
    masks = serializers.IntegerField(help_text="films that have their ground truth")
    waiting = serializers.DictField(child=serializers.IntegerField(), help_text="films by kind of task")
    round = OverviewRoundSerializer(allow_null=True)
    accepted = CountedShareSerializer(allow_null=True)


class ProgressSerializer(serializers.Serializer):
    """Where a project stands. ``picks`` is null for reviewers: they choose blind."""

    project = serializers.SlugField()
    state = serializers.ChoiceField(choices=ProjectState.choices)
    films = FilmCountsSerializer()
    settled = serializers.DictField(child=serializers.IntegerField())
    stages = StageSerializer(many=True)
    current = CurrentSerializer(allow_null=True)
    effort = BatchEffortSerializer(many=True)
    verification = serializers.DictField(allow_null=True)
    verified_so_far = VerifiedSerializer()
    picks = PicksSerializer(many=True, allow_null=True)
    set_aside = serializers.IntegerField(allow_null=True, help_text="films that wait for an admin; null for reviewers")


class ModelSerializer(serializers.Serializer):
    """A trained network; ``validation_dsc`` is at the working size."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    architecture = serializers.CharField()
    encoder = serializers.CharField()
    purpose = serializers.CharField()
    round_number = serializers.IntegerField()
    image_size = serializers.IntegerField()
    validation_dsc = serializers.FloatField()
    grown_validation_dsc = serializers.FloatField(
        allow_null=True, help_text="on validation films that came with later batches; selects nothing"
    )
    best_epoch = serializers.IntegerField()
    parameters = serializers.IntegerField()
    trained_groups = serializers.IntegerField()
    selected_groups = serializers.IntegerField()
    withdrawn_films = serializers.IntegerField(
        help_text="films that it learnt from and that were withdrawn since: it is to be trained anew"
    )
    data_hash = serializers.CharField()
    weights_sha256 = serializers.CharField()
    created_at = serializers.DateTimeField()
    main = serializers.BooleanField()


class ModelCardSerializer(ModelSerializer):
    """A network with the card that its worker wrote."""

    card = serializers.JSONField(allow_null=True)
