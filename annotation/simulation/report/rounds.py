"""Stages, rounds, steps and networks, as the report tells them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from annotation.jobs.models import Job
from annotation.masks.models import ModelVersion
from annotation.projects.models import Project
from annotation.projects.protocol import ChoiceStage, EvaluationStage, Protocol, Stage
from annotation.reviews.selectors import choice_repeats, correction_agreement
from annotation.rounds.models import Round, RoundStep
from annotation.rounds.planning.accepts import accept_rate
from annotation.rounds.selectors import choices_by_round
from annotation.simulation.report.acts import decisions_by_round

VERDICTS = ("accept", "reject", "unsure", "exclude")


def seconds_between(first: datetime | None, last: datetime | None) -> float | None:
    """Wall seconds, None while one of the two is unknown."""
    return None if first is None or last is None else round((last - first).total_seconds(), 2)


def stages(project: Project, effort_by_round: dict[str, Any]) -> list[dict[str, Any]]:
    """One entry a stage of the protocol with its rounds."""
    protocol = Protocol.from_json(project.protocol)
    decisions = decisions_by_round(project)
    names = {str(model.pk): model.name for model in ModelVersion.objects.filter(project=project)}
    rounds = list(Round.objects.filter(project=project).select_related("main_network").order_by("number"))
    choices = {
        choice["round"]: choice for choice in choices_by_round(project) if choice["picks"] + choice["denied"]["count"]
    }
    told = []
    for index, stage in enumerate(protocol.stages):
        own = [
            _round(r, decisions.get(r.name, {}), effort_by_round, names, choices.get(r.name))
            for r in rounds
            if r.stage == index
        ]
        told.append({
            "name": stage.name, "kind": stage.kind, "rounds": own,
            "wall_seconds": round(sum(r["wall_seconds"] or 0 for r in own), 2), **_checks(project, stage),
        })  # fmt: skip
    return told


def _checks(project: Project, stage: Stage) -> dict[str, Any]:
    """What the stage's checks of reviewers say, where the run has any."""
    if isinstance(stage, EvaluationStage) and stage.double_read_fraction and stage.double_correct_fraction:
        return {"correction_agreement": correction_agreement(project)["independent"]}
    if isinstance(stage, ChoiceStage) and stage.repeat_fraction:
        return {"choice_repeats": choice_repeats(project, closed_only=False)}
    return {}


def _round(
    round_: Round,
    decisions: dict[str, Any],
    effort: dict[str, Any],
    names: dict[str, str],
    choice: dict[str, Any] | None,
) -> dict[str, Any]:
    steps = list(round_.steps.prefetch_related("jobs").order_by("index"))
    told: dict[str, Any] = {
        "name": round_.name,
        "kind": round_.kind,
        "films": round_.films.count(),
        "main_network": round_.main_network.name if round_.main_network else None,
        "wall_seconds": seconds_between(round_.created_at, round_.closed_at),
        "steps": [_step(step) for step in steps],
        "effort": effort.get(round_.name),
    }
    if verdicts := decisions.get("verdict"):
        told["verdicts"] = {name: verdicts.get(name, 0) for name in VERDICTS}
        told["accept_rate"] = accept_rate(round_)
        told["corrections"] = sum(decisions.get("correction", {}).values())
        told["adjudications"] = decisions.get("adjudication", {})
    if choice is not None:
        told["selection"] = _selection(choice, next((s.outcome for s in steps if s.kind == "elect"), {}))
    for step in steps:
        if step.kind == "estimate":
            told["verification"] = step.outcome
        if step.kind == "choose" and "strata" in step.outcome:
            told.setdefault("chosen", []).append(step.outcome)
        if step.kind in {"train", "train_folds"} and step.outcome:
            told["networks"] = told.get("networks", []) + step.outcome["networks"]
            if adopted := step.outcome.get("adopted"):
                told["adopted"] = names[adopted]
    if checks := decisions.get("verification"):
        told["verifications"] = checks
    return told


def _selection(choice: dict[str, Any], elected: dict[str, Any]) -> dict[str, Any]:
    """A blind choice; ``elected`` is None where no network was to be, ``drawings`` where none competed."""
    denied = choice["denied"]
    return {
        "films": denied["of"],
        "picked": choice["picks"],
        "denied": denied["count"],
        "denied_share": {key: denied[key] for key in ("share", "low", "high")},
        "networks": choice["networks"],
        "elected": next((n["name"] for n in choice["networks"] if n["id"] == elected.get("elected")), None),
        "drawings": choice["drawings"],
        "people": choice["people"],
    }


def _step(step: RoundStep) -> dict[str, Any]:
    return {
        "kind": step.kind,
        "wall_seconds": seconds_between(step.started_at, step.finished_at),
        "jobs": [_job(job) for job in step.jobs.order_by("created_at")],
    }


def _job(job: Job) -> dict[str, Any]:
    network = job.request.get("network")
    return {
        "kind": job.kind,
        "what": f"{network['architecture']}-{network['encoder']}" if network else f"{len(job.request['images'])} films",
        "attempts": job.attempt,
        "wall_seconds": seconds_between(job.queued_at, job.finished_at),
        "worker_seconds": round(float(job.result.get("seconds", 0.0)), 2),
    }


def networks(project: Project) -> list[dict[str, Any]]:
    """One entry a trained network, in the order of training."""
    rounds = {r.number: r for r in Round.objects.filter(project=project)}
    main = {str(r.main_network_id): r.name for r in rounds.values() if r.main_network_id}
    picks: dict[str, Any] = {}
    for step in RoundStep.objects.filter(round__project=project, kind="elect"):
        picks |= {n["id"]: n for n in step.outcome.get("networks", [])}
    told = []
    for model in ModelVersion.objects.filter(project=project).select_related("job").order_by("created_at"):
        result, picked = model.job.result, picks.get(str(model.pk))
        samples = model.job.request["samples"]
        told.append({
            "id": str(model.pk), "name": model.name, "round": rounds[model.round_number].name,
            "purpose": model.purpose, "validation_dsc": model.validation_dsc, "best_epoch": model.best_epoch,
            "grown_validation_dsc": model.grown_validation_dsc,
            "trained_on": sum(s["split"] == "train" for s in samples),
            "validated_on": sum(s["split"] == "validation" for s in samples),
            "main_after": main.get(str(model.pk)),
            "picks": picked and {key: picked[key] for key in ("picks", "share", "low", "high")},
            "parameters": model.parameters, "weights_sha256": model.weights_sha256, "data_hash": model.data_hash,
            "device": result.get("device", ""), "precision": result.get("precision", ""),
            "seconds": round(float(result.get("seconds", 0.0)), 2),
            "curve": [
                {"epoch": e["epoch"], "train_loss": e["train_loss"], "validation_dsc": e["validation_dsc"]}
                for e in result.get("epochs", [])
            ],
        })  # fmt: skip
    return told
