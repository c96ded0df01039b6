"""A small project of the second protocol at a desk: MDs draw, and choose among drawings and networks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from annotation.images.models import ProjectImage
from annotation.masks.models import Mask, MaskKind, ModelVersion
from annotation.projects.models import Role
from annotation.projects.services import protocol_resolve
from annotation.rounds.models import Round
from annotation.rounds.services import project_start
from tests.e2e.work import SECONDS, editor_ready
from tests.factories import PatientFactory, ProjectImageFactory
from tests.support.fake_gpu import FakeGpu

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.e2e.desk import Desk

NOW = {"undo_grace_seconds": 0, "repeat_fraction": 0.0}
DRAWN = {
    "training": {"image_size": 64},
    "Ia": {"total": 4, "undo_grace_seconds": 0},
    "Ib": {"folds": 2, **NOW},
    "II": {"satisfied_below": 0.5, **NOW},
}
SIDE = 128


class Drawn:
    """Eight films of eight patients, two MDs and an admin; networks are worked in no time."""

    def __init__(self, desk: Desk, **overrides: Any) -> None:
        self.desk, self.gpu = desk, FakeGpu()
        desk.batch.delete()
        project = desk.project
        project.protocol = protocol_resolve(name="qata", overrides={**DRAWN, **overrides}).to_json()
        project.target = project.convention = "infection"
        project.state = "setup"
        project.save()
        self.boss = desk.person("boss", Role.ADMIN)
        desk.person("md2", Role.PHYSICIAN)
        for n in range(8):
            ProjectImageFactory(
                project=project, image__patient=PatientFactory(), image__label=["viral", "covid"][n % 2],
                image__width=SIDE, image__height=SIDE,
            )  # fmt: skip

    def start(self) -> None:
        """The first films wait to be drawn."""
        project_start(project=self.desk.project, actor=self.boss)
        self.gpu.walk(self.desk.project)

    def go_on(self) -> str:
        """What people did is taken up, and networks do their part; returns the round that is reached."""
        self.gpu.walk(self.desk.project)
        return Round.objects.filter(project=self.desk.project).latest("number").name

    def secrets(self) -> set[str]:
        """What would tell whose a mask is: ids, files and digests of masks, and of networks all that names them."""
        found: set[str] = set()
        for mask in Mask.objects.filter(project=self.desk.project, kind__in=[MaskKind.CANDIDATE, MaskKind.DRAWING]):
            found |= {str(mask.pk), mask.storage_key, mask.sha256}
        for model in ModelVersion.objects.filter(project=self.desk.project):
            found |= {str(model.pk), str(model.job_id), model.weights_sha256}
        return found

    def films_with(self, kind: str) -> set[Any]:
        """Films that have a mask of this kind."""
        masks = Mask.objects.filter(project=self.desk.project, kind=kind)
        return set(ProjectImage.objects.filter(image__in=masks.values("image")).values_list("pk", flat=True))


def draw(page: Page, at: float = 0.5) -> str:
    """A stroke of the brush down the middle of the film, at a share of its width; returns the task."""
    task = editor_ready(page)
    box = page.get_by_test_id("editor").bounding_box()
    assert box is not None
    side = min(box["width"], box["height"])
    x = box["x"] + box["width"] / 2 + (at - 0.5) * side
    page.mouse.move(x, box["y"] + box["height"] / 2 - 0.2 * side)
    page.mouse.down()
    page.mouse.move(x, box["y"] + box["height"] / 2 + 0.2 * side, steps=4)
    page.mouse.up()
    return task


def next_editor(page: Page, after: str) -> str:
    """Wait until the editor of another task stands open; returns that task."""
    from playwright.sync_api import expect

    place = page.get_by_test_id("editor")
    expect(place).not_to_have_attribute("data-task", after, timeout=1000 * SECONDS)
    return editor_ready(page)
