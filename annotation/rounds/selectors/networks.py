"""The networks of a project, for researchers and admins."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from annotation.accounts.models import User
from annotation.common.blobs import blobs
from annotation.common.errors import Missing
from annotation.masks.models import ModelVersion
from annotation.projects.guards import require_research
from annotation.projects.models import Project
from annotation.projects.permissions import visible_projects
from annotation.rounds.models import Round
from mlbackend.storage import StorageMissingError

CURVE = ("epoch", "train_loss", "validation_dsc")


def models_list(project: Project) -> list[dict[str, Any]]:
    """All networks of the project, oldest first; ``main`` is the one that predicts now."""
    main = (
        Round.objects.filter(project=project, main_network__isnull=False)
        .order_by("-number")
        .values_list("main_network_id", flat=True)
        .first()
    )
    models = ModelVersion.objects.filter(project=project).order_by("created_at", "pk")
    return [model_summary(model, main=model.pk == main) for model in models]


def model_summary(model: ModelVersion, *, main: bool = False) -> dict[str, Any]:
    """What a page lists of a network. ``validation_dsc`` is at the working size."""
    return {
        "id": str(model.pk),
        "name": model.name,
        "architecture": model.architecture,
        "encoder": model.encoder,
        "purpose": model.purpose,
        "round_number": model.round_number,
        "image_size": model.image_size,
        "validation_dsc": model.validation_dsc,
        "grown_validation_dsc": model.grown_validation_dsc,
        "best_epoch": model.best_epoch,
        "parameters": model.parameters,
        "trained_groups": len(model.trained_groups),
        "selected_groups": len(model.selected_groups),
        "withdrawn_films": len(model.withdrawn_films),
        "data_hash": model.data_hash,
        "weights_sha256": model.weights_sha256,
        "created_at": model.created_at,
        "main": main,
    }


def model_card(*, user: User, model_id: UUID) -> dict[str, Any]:
    """A network with its card as the worker wrote it; ``card`` is None where storage has lost it."""
    model = ModelVersion.objects.filter(pk=model_id, project__in=visible_projects(user)).select_related("project")
    found = model.first()
    if found is None:
        raise Missing("no such network, or none that you may see", field="model", value=str(model_id))
    require_research(user, found.project)
    card: Any = None
    if found.card_key:
        try:
            card = json.loads(blobs().read(found.card_key))
        except (StorageMissingError, ValueError):
            card = None
    return {**model_summary(found), "card": card}


def training_curves(project: Project) -> list[dict[str, Any]]:
    """Validation DSC (working size) and training loss by epoch of each network, oldest first.

    From the training's result, as on its card. Networks whose training left no epochs are there with an empty curve.
    """
    models = (
        ModelVersion.objects.filter(project=project)
        .order_by("created_at", "pk")
        .values_list("pk", "architecture", "encoder", "purpose", "round_number", "best_epoch", "job__result__epochs")
    )
    return [
        {
            "id": str(pk),
            "name": f"{architecture}-{encoder}",
            "purpose": purpose,
            "round_number": number,
            "best_epoch": best,
            "curve": [{name: epoch[name] for name in CURVE} for epoch in epochs or []],
        }
        for pk, architecture, encoder, purpose, number, best, epochs in models
    ]
