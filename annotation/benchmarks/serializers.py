"""Benchmarks as JSON."""

from __future__ import annotations

from rest_framework import serializers

from annotation.benchmarks.models import RunState
from annotation.benchmarks.selectors import WAITING
from annotation.benchmarks.wishes import ENCODER_WEIGHTS
from annotation.common.serializers import RequestSerializer
from annotation.jobs.models import JobStatus
from annotation.rounds.serializers import JobSerializer
from mlbackend.contracts import BENCHMARK_CONFIGS, LABELS, SCHEMES, TASKS

MOST_NETWORKS, MOST_FOLDS, MOST_LABELS = 64, 20, 50
NAME = 100
STEP_STATES = [(WAITING, "waits for other steps or a worker"), *JobStatus.choices]
LABEL_SETS = [(name, name) for name in LABELS]


class WishSerializer(RequestSerializer):
    """What is to be run; what is left out is the config's own."""

    config = serializers.ChoiceField(choices=BENCHMARK_CONFIGS)
    tasks = serializers.ListField(
        child=serializers.ChoiceField(choices=TASKS), required=False, default=list, max_length=len(TASKS)
    )
    networks = serializers.ListField(
        child=serializers.CharField(max_length=NAME), required=False, default=list, max_length=MOST_NETWORKS,
        help_text="names of networks, architectures or encoders of the grid",
    )  # fmt: skip
    schemes = serializers.ListField(
        child=serializers.ChoiceField(choices=SCHEMES), required=False, default=list, max_length=len(SCHEMES)
    )
    folds = serializers.ListField(
        child=serializers.IntegerField(min_value=1), required=False, default=list, max_length=MOST_FOLDS
    )
    encoder_weights = serializers.ChoiceField(
        choices=[name for name in ENCODER_WEIGHTS if name], required=False, allow_blank=True, default=""
    )
    epochs = serializers.IntegerField(required=False, allow_null=True, default=None, min_value=1)
    image_size = serializers.IntegerField(required=False, allow_null=True, default=None, min_value=32)
    batch_size = serializers.IntegerField(required=False, allow_null=True, default=None, min_value=1)
    negatives = serializers.ListField(
        child=serializers.CharField(max_length=NAME), required=False, default=list, max_length=MOST_LABELS,
        help_text="labels whose films without an infection mask count as without infection",
    )  # fmt: skip
    second_negatives = serializers.ListField(
        child=serializers.CharField(max_length=NAME), required=False, default=list, max_length=MOST_LABELS,
        help_text="the same, for the films of the config's second split alone; without them it is left out",
    )  # fmt: skip
    label_sets = serializers.ListField(
        child=serializers.ChoiceField(choices=LABEL_SETS), required=False, default=list, max_length=len(LABELS),
        help_text="whose masks networks learn from; others than final need the version's label history",
    )  # fmt: skip


class BenchmarkStartSerializer(WishSerializer):
    """Run a benchmark on a frozen version."""

    version = serializers.IntegerField(min_value=1)


class ConfigSerializer(serializers.Serializer):
    """A benchmark that can be run, with what it does unless it is changed."""

    name = serializers.CharField()
    description = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]
    deviations = serializers.ListField(child=serializers.CharField())
    tasks = serializers.ListField(child=serializers.CharField())
    schemes = serializers.ListField(child=serializers.CharField())
    networks = serializers.ListField(child=serializers.CharField())
    encoder_weights = serializers.CharField()
    folds = serializers.IntegerField()
    second = serializers.CharField(
        allow_blank=True, help_text="name of its second, fixed split; empty where it has none"
    )
    second_networks = serializers.ListField(child=serializers.CharField(), help_text="those that are run on it")
    image_size = serializers.IntegerField()
    batch_size = serializers.IntegerField()
    epochs = serializers.IntegerField()


class LineSerializer(serializers.Serializer):
    """A network on a task over all its folds; shares are fractions, null where there is no value."""

    task = serializers.CharField()
    scheme = serializers.CharField()
    network = serializers.CharField()
    folds = serializers.IntegerField()
    films = serializers.IntegerField()
    accuracy = serializers.FloatField(allow_null=True)
    iou = serializers.FloatField(allow_null=True)
    dsc = serializers.FloatField(allow_null=True)
    dsc_low = serializers.FloatField(allow_null=True, help_text="95 % over patients drawn anew")
    dsc_high = serializers.FloatField(allow_null=True)
    paper_dsc = serializers.FloatField(allow_null=True)


class BenchmarkSerializer(serializers.Serializer):
    """A run in a list."""

    number = serializers.IntegerField()
    version = serializers.IntegerField()
    wish = WishSerializer()
    state = serializers.ChoiceField(choices=RunState.choices)
    error = serializers.CharField(allow_blank=True)
    created_by = serializers.CharField(allow_null=True)
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
    steps_total = serializers.IntegerField(help_text="1, the plan, until it has named the others")
    steps_done = serializers.IntegerField()
    steps_failed = serializers.IntegerField()
    lines = LineSerializer(many=True)
    cautions = serializers.ListField(child=serializers.CharField())
    has_report = serializers.BooleanField()
    withdrawn_films = serializers.IntegerField(
        help_text="films of its version that were withdrawn since: it is to be run again on a newer version"
    )


class BenchmarkStepSerializer(serializers.Serializer):
    """A step of a run."""

    key = serializers.CharField()
    kind = serializers.CharField()
    task = serializers.CharField(allow_blank=True)
    scheme = serializers.CharField(allow_blank=True)
    network = serializers.CharField(allow_blank=True)
    fold = serializers.IntegerField()
    label_set = serializers.ChoiceField(choices=LABEL_SETS)
    state = serializers.ChoiceField(choices=STEP_STATES)
    error = serializers.CharField(allow_blank=True)
    notes = serializers.ListField(child=serializers.CharField())
    validation_dsc = serializers.FloatField(allow_null=True)
    seconds = serializers.FloatField(allow_null=True)
    job = JobSerializer(allow_null=True, help_text="while it waits in the queue or runs")


class BenchmarkDetailSerializer(BenchmarkSerializer):
    """A run with its steps."""

    steps = BenchmarkStepSerializer(many=True)
