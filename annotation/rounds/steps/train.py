"""Training steps: networks on the repository, and the election of the most picked."""

from __future__ import annotations

from typing import Any

from annotation.common.errors import DomainError
from annotation.jobs.models import JobKind, JobStatus
from annotation.jobs.services import job_create
from annotation.masks.models import LISTS, ModelVersion
from annotation.rounds.models import RoundStep
from annotation.rounds.picks import choices_made, counts_of, credit_of
from annotation.rounds.repository import training_samples
from annotation.rounds.steps.base import Context, Poll, StepFailed, main_network
from mlbackend.contracts import NetworkSpec, TrainingSettings, TrainRequest, TrainSample
from mlbackend.metrics import wilson_interval

HANDLER = "rounds"
WEIGHTS_HINT = "; change encoder weights in the project's training settings, then try the stage again"


class Train:
    """Train networks; params: ``networks`` (a list, ``main`` or ``elected``), ``data``, ``purpose``, ``adopt``.

    ``data`` is ``seeds``, ``pool`` or ``all``. ``adopt`` makes the one with the best validation DSC the main network.
    """

    def start(self, context: Context) -> None:
        """One job a network."""
        params = context.step.params
        data = params["data"]
        try:
            samples = training_samples(
                context.project, include_seeds=data in {"seeds", "all"}, include_pool=data in {"pool", "all"}
            )
        except DomainError as error:
            raise StepFailed(f"{error.message}; {error.remedy}") from error
        for network in self._networks(context):
            train_job(context, network, samples, purpose=params["purpose"])

    def _networks(self, context: Context) -> list[dict[str, str]]:
        wanted = context.step.params["networks"]
        if wanted == "main":
            model = main_network(context.project)
            return [{"architecture": model.architecture, "encoder": model.encoder}]
        if wanted == "elected":
            elected = context.round.steps.get(kind="elect").outcome["elected"]
            model = ModelVersion.objects.get(pk=elected)
            return [{"architecture": model.architecture, "encoder": model.encoder}]
        return list(wanted)

    def poll(self, context: Context) -> Poll:
        """Done when every job has its network; a failed job fails the step."""
        if networks_poll(context) is Poll.WAIT:
            return Poll.WAIT
        models = list(ModelVersion.objects.filter(job__steps=context.step))
        best = max(models, key=lambda model: (model.validation_dsc, model.name))
        if context.step.params.get("adopt"):
            context.step.outcome["adopted"] = str(best.pk)
            context.round.main_network = best
            context.round.save(update_fields=["main_network"])
        return Poll.DONE


def train_job(
    context: Context,
    network: dict[str, str],
    samples: list[TrainSample],
    *,
    purpose: str,
    seed_name: str = "",
    **told: Any,
) -> None:
    """Ask for one network, trained on ``samples`` as the project trains; ``told`` goes into the job's context."""
    training = context.protocol.training
    name = f"{network['architecture']}-{network['encoder']}"
    settings = TrainingSettings(
        image_size=training.image_size, batch_size=training.batch_size, epochs=training.epochs,
        learning_rate=training.learning_rate, schedule=training.schedule,
        early_stopping=training.early_stopping, loss=training.loss, augmentation=training.augmentation,
        balance=training.balance, precision=training.precision, seed=context.seed(f"{seed_name}{name}"),
        threads=training.threads,
    )  # fmt: skip
    request = TrainRequest(
        job_id="", attempt=0,
        network=NetworkSpec(
            network["architecture"], network["encoder"], training.encoder_weights,
            encoder_frozen=training.encoder_frozen,
        ),
        settings=settings, samples=samples, target=context.project.target,
        convention=context.project.convention,
    )  # fmt: skip
    job = job_create(
        kind=JobKind.TRAIN, handler=HANDLER, request=request.to_json(), project_id=context.project.pk,
        context={
            "project": str(context.project.pk), "step": str(context.step.pk), "purpose": purpose,
            "round_number": context.round.number, **told,
        },
    )  # fmt: skip
    context.step.jobs.add(job)


def networks_poll(context: Context) -> Poll:
    """Done when every training of the step has its network, which are then told; a failed job fails the step."""
    if wait_for_jobs(context.step) is Poll.WAIT:
        return Poll.WAIT
    models = list(ModelVersion.objects.filter(job__steps=context.step).defer(*LISTS))
    if len(models) < context.step.jobs.count():
        return Poll.WAIT
    context.step.outcome = {
        **context.step.outcome,
        "networks": [
            {"id": str(m.pk), "name": m.name, "validation_dsc": m.validation_dsc, "best_epoch": m.best_epoch}
            for m in models
        ],
    }
    return Poll.DONE


def wait_for_jobs(step: RoundStep) -> Poll:
    """WAIT while a job runs; raises StepFailed with the first failed job's words."""
    jobs = list(step.jobs.only("kind", "status", "error", "handled_at"))
    for job in jobs:
        if job.status in {JobStatus.FAILED, JobStatus.CANCELLED}:
            hint = WEIGHTS_HINT if "encoder_weights" in job.error else ""
            words = job.error or "by an admin"
            raise StepFailed(f"{job.get_kind_display()} {job.get_status_display()}: {words}{hint}")
    if any(job.status != JobStatus.SUCCEEDED or job.handled_at is None for job in jobs):
        return Poll.WAIT
    return Poll.DONE


class Elect:
    """Stage III's election: the most picked network (ties by validation DSC), with the interval of its share."""

    def start(self, context: Context) -> None:
        """Nothing to prepare."""

    def poll(self, context: Context) -> Poll:
        """Count the picks; a tie group credits each member 1/k."""
        models = list(ModelVersion.objects.filter(job__steps__round=context.round, purpose="candidate"))
        choices = choices_made(context.round.batch_id)
        credit, (picks, denied) = credit_of(choices), counts_of(choices)
        best = max(models, key=lambda m: (round(credit.get(str(m.pk), 0.0), 9), m.validation_dsc, m.name))
        context.step.outcome = {
            "elected": str(best.pk),
            "picks": picks,
            "denied": denied,
            "networks": [
                {
                    "id": str(model.pk), "name": model.name, "validation_dsc": model.validation_dsc,
                    "picks": credit.get(str(model.pk), 0.0), **share(credit.get(str(model.pk), 0.0), picks),
                }
                for model in models
            ],
        }  # fmt: skip
        return Poll.DONE


def share(count: float, total: int) -> dict[str, Any]:
    """Share with its 95 % Wilson interval; None where there is nothing to share."""
    if not total:
        return {"share": None, "low": None, "high": None}
    part = min(1.0, count / total)
    low, high = wilson_interval(part, total)
    return {"share": part, "low": low, "high": high}
