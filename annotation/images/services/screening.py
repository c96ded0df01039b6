"""Screening: films are taken out of the pool before anybody works on them, and brought back."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction

from annotation.accounts.models import User
from annotation.common.errors import Conflict, InvalidInput
from annotation.common.models import AuditEvent
from annotation.images.models import ImageRole, ImageState, ProjectImage, ScreeningDecision, ScreeningOutcome
from annotation.images.suggestions import suggestions
from annotation.projects.guards import require_admin, require_in_use
from annotation.projects.models import Project, ProjectState

LONGEST_REASON = 200
MOST = 5000
"""Films of one decision."""


@transaction.atomic
def films_screen(
    project: Project, *, images: Sequence[UUID], outcome: str, reason: str = "", actor: User
) -> list[ProjectImage]:
    """Take pool films out (``outcome`` "out", with a reason) or bring them back ("in"): all of them, or none.

    Only films that wait, or that screening itself took out, may be moved: what is or was in a round is for reviewers.
    Films that are as they are asked to be stay as they are, so the same decision sent twice counts once. Returns the
    films whose state or reason has changed. Raises NotAllowed, InvalidInput, Conflict; nothing is changed then.
    """
    require_admin(actor, project)
    reason = reason.strip()
    _check(outcome, reason, images)
    # The engine chooses films under the same lock: no film is taken into a batch and out of the pool at once.
    row = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    require_in_use(row)
    if row.state == ProjectState.FINISHED:
        raise Conflict(
            f"project {row.slug} is finished",
            field="project",
            value=row.slug,
            remedy="its films cannot change any more",
        )
    films = _films(row, images)
    screened = screened_out([film.pk for film in films])
    _refuse_what_is_worked_on(films, screened)
    out = outcome == ScreeningOutcome.OUT
    moved = [
        film
        for film in films
        if (film.state == ImageState.EXCLUDED) != out or (out and film.exclusion_reason != reason)
    ]
    for film in moved:
        film.state = ImageState.EXCLUDED if out else ImageState.WAITING
        film.exclusion_reason = reason if out else ""
    ProjectImage.objects.bulk_update(moved, ["state", "exclusion_reason"], batch_size=500)
    ScreeningDecision.objects.bulk_create(
        (
            ScreeningDecision(
                project_image=film, outcome=outcome, reason=reason, actor=actor,
                suggested=[one["code"] for one in suggestions(film.image.view, film.image.quality)],
            )
            for film in moved
        ),
        batch_size=500,
    )  # fmt: skip
    AuditEvent.objects.bulk_create(
        (
            AuditEvent(
                action=f"film.screen_{outcome}", object_type=film._meta.label_lower, object_id=str(film.pk),
                actor=actor, project_id=row.pk, detail={"image": str(film.image_id), "reason": reason},
            )
            for film in moved
        ),
        batch_size=500,
    )  # fmt: skip
    return moved


def screened_out(films: Sequence[UUID]) -> set[UUID]:
    """Which of some films of a project screening has out: the last decision counts."""
    last: dict[UUID, str] = {}
    for start in range(0, len(films), 500):
        rows = ScreeningDecision.objects.filter(project_image__in=films[start : start + 500])
        last |= dict(rows.order_by("created_at", "pk").values_list("project_image_id", "outcome"))
    return {film for film, outcome in last.items() if outcome == ScreeningOutcome.OUT}


def _check(outcome: str, reason: str, images: Sequence[UUID]) -> None:
    if outcome not in ScreeningOutcome.values:
        valid = " or ".join(ScreeningOutcome.values)
        raise InvalidInput(f"outcome is {outcome!r}", field="outcome", value=outcome, remedy=f"use {valid}")
    if outcome == ScreeningOutcome.OUT and not reason:
        raise InvalidInput("a film is not taken out without a reason", field="reason", remedy="say why")
    if len(reason) > LONGEST_REASON:
        raise InvalidInput(
            f"the reason has {len(reason)} characters", field="reason", remedy=f"use at most {LONGEST_REASON}"
        )
    if not 1 <= len(images) <= MOST:
        raise InvalidInput(
            f"{len(images)} films were named", field="images", value=len(images), remedy=f"name 1 to {MOST}"
        )


def _films(project: Project, images: Sequence[UUID]) -> list[ProjectImage]:
    wanted = list(dict.fromkeys(images))
    found: dict[UUID, ProjectImage] = {}
    for start in range(0, len(wanted), 500):
        rows = ProjectImage.objects.filter(
            project=project, image__in=wanted[start : start + 500], image__withdrawn_at=None
        )
        found |= {film.image_id: film for film in rows.select_related("image")}
    missing = [image for image in wanted if image not in found]
    if missing:
        raise InvalidInput(
            f"{len(missing)} of the films are not in this project", field="images", value=str(missing[0]),
            remedy="reload the films",
        )  # fmt: skip
    seeds = [image for image in wanted if found[image].role == ImageRole.SEED]
    if seeds:
        raise InvalidInput(
            f"{len(seeds)} of the films are seeds; only the pool is screened", field="images", value=str(seeds[0]),
            remedy="leave seeds out",
        )  # fmt: skip
    return [found[image] for image in wanted]


def _refuse_what_is_worked_on(films: Sequence[ProjectImage], screened: set[UUID]) -> None:
    barred = [
        film
        for film in films
        if film.state != ImageState.WAITING and not (film.state == ImageState.EXCLUDED and film.pk in screened)
    ]
    if barred:
        state = barred[0].get_state_display()
        raise Conflict(
            f"{len(barred)} of the films cannot be screened any more; the first is “{state}”", field="images",
            value=str(barred[0].image_id),
            remedy="reload the films: what is or was in a round is accepted or excluded by its reviewers",
            films=[str(film.image_id) for film in barred[:100]],
        )  # fmt: skip
