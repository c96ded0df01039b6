"""How networks are trained: open to change until the first of them serves, as nothing depends on it before."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from annotation.common.audit import audit_record
from annotation.common.errors import Conflict, InvalidInput
from annotation.projects.guards import require_admin, require_in_use
from annotation.projects.models import Project
from annotation.projects.protocol import Protocol
from annotation.rounds.models import RoundStep, StepState

TRAINING = ("train", "train_folds")
"""Steps that train networks."""
ANEW = "anew"
"""Parameter of a failed step: its jobs were made by settings that have changed since."""


def training_fixed(project: Project) -> str:
    """Why the training settings cannot be changed now, in words; empty where they can."""
    steps = RoundStep.objects.filter(round__project=project, kind__in=TRAINING).order_by("round__number", "index")
    done = steps.filter(state=StepState.DONE).values_list("round__name", flat=True).first()
    if done is not None:
        return f"stage {done} has trained the first networks with these settings, and later ones must compare with them"
    running = steps.filter(state=StepState.RUNNING).values_list("round__name", flat=True).first()
    return "" if running is None else f"stage {running} is training with these settings now"


@transaction.atomic
def training_change(*, project: Project, changes: dict[str, Any], actor: Any) -> Project:
    """Change some training settings of a project of which no network serves yet; the rest of its protocol stays.

    A first training that has failed is done wholly anew by its retry, so that its networks share their settings. Raises
    NotAllowed, ProtocolError that names the setting, or Conflict where networks are trained or being trained.
    """
    if actor is not None:
        require_admin(actor, project)
    if not changes:
        raise InvalidInput("no setting was named", field="training", remedy="name the settings to change")
    row = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    require_in_use(row)
    if why := training_fixed(row):
        remedy = "wait for its end or cancel its jobs; for other settings than trained ones make a new project"
        raise Conflict(why, code="training_fixed", field="training", remedy=remedy)
    before = Protocol.from_json(row.protocol).to_json()
    after = Protocol.from_json({**before, "training": {**before["training"], **changes}}).to_json()
    old, new = before["training"], after["training"]
    changed = sorted(name for name in new if new[name] != old[name])
    if not changed:
        return row
    row.protocol = after
    row.save(update_fields=["protocol"])
    for step in RoundStep.objects.filter(round__project=row, kind__in=TRAINING, state=StepState.FAILED):
        step.params = {**step.params, ANEW: True}
        step.save(update_fields=["params"])
    audit_record(
        "project.training_change", row, actor=actor, project_id=row.pk,
        old={name: old[name] for name in changed}, new={name: new[name] for name in changed},
    )  # fmt: skip
    project.protocol = after
    return row
