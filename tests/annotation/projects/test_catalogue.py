"""Protocols are pages of data: those that come with the platform, and those of one's own."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import run_checks

from annotation.images.models import ImageState, ProjectImage
from annotation.masks.codec import encode_png
from annotation.projects.models import Project, ProjectState, Role
from annotation.projects.protocol import Protocol, ProtocolError, catalogue, get_protocol
from annotation.projects.protocol.catalogue import read_protocol
from annotation.reviews.models import ReviewTask, TaskKind
from annotation.reviews.services import (
    Submission,
    correction_submit,
    selection_submit,
    tasks_next,
    verification_submit,
)
from annotation.rounds.models import Round
from annotation.rounds.services import project_start
from tests.factories import ProjectFactory, ProjectImageFactory, SuperuserFactory, member
from tests.support.fake_gpu import FakeGpu
from tests.support.pictures import lungs_hw

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

PAGE = Path(__file__).parents[3] / "docs/protocols.md"
SHORT = """
name: short
stages:
  - {kind: initial_training, networks: [unet-resnet18]}
  - {kind: evaluation, batch_size: 5, total: 10}
"""


def written() -> str:
    """The third protocol as the docs write it."""
    (text,) = re.findall(r"```yaml\n(name: small-hospital.*?)```", PAGE.read_text(), re.DOTALL)
    return str(text)


@pytest.fixture
def folder(tmp_path: Path, settings: Any) -> Path:
    """A folder of protocols of one's own."""
    settings.PROTOCOLS_DIR = tmp_path
    return tmp_path


def test_what_a_page_does_not_say_has_the_default_of_new_projects() -> None:
    protocol = read_protocol(SHORT, "short.yaml").protocol
    assert protocol == Protocol.from_json(protocol.to_json())
    assert protocol.stages[1] == type(protocol.stages[1])(batch_size=5, total=10)


def test_the_docs_third_protocol_goes_from_nothing_to_a_truth_for_every_film(
    folder: Path, api_as: Callable[[Any], Any]
) -> None:
    (folder / "small-hospital.yaml").write_text(written())
    told = {one["name"]: one for one in api_as(SuperuserFactory()).get("/api/protocols").json()}
    assert told["small-hospital"]["explanation"].startswith("Annotators draw fifty films")
    assert {"covid-qu", "qata"} < set(told)
    now = {"undo_grace_seconds": 0.0}
    protocol = get_protocol("small-hospital", A={"total": 6, **now}, B={"repeat_fraction": 0.0, **now}, C=now)
    project: Project = ProjectFactory(protocol=protocol.to_json())
    ProjectImageFactory.create_batch(20, project=project)
    people = [member(project, Role.ANNOTATOR), member(project, Role.PHYSICIAN)]
    gpu, names, keys = FakeGpu(), [], iter(range(1000))
    project_start(project=project, actor=None)
    for _ in range(200):
        gpu.walk(project)
        name = Round.objects.filter(project=project).latest("number").name
        names += [name] if name not in names else []
        tasks = [(user, task) for user in people for task in tasks_next(user=user, project=project, count=1)]
        if not tasks:
            break
        for user, task in tasks:
            assert task.lease_token is not None
            _work(task, Submission(user, task.pk, f"hospital-{next(keys):04d}", task.lease_token, 1.0))
    project.refresh_from_db()
    assert project.state == ProjectState.FINISHED
    assert names == ["A", "B.1", "C"]
    assert set(ProjectImage.objects.filter(project=project).values_list("state", flat=True)) == {ImageState.SETTLED}


def _work(task: ReviewTask, submission: Submission) -> None:
    if task.kind == TaskKind.CORRECTION:
        image = task.project_image.image
        correction_submit(submission=submission, png=encode_png(lungs_hw(image.height, image.width)))
    elif task.kind == TaskKind.SELECTION:
        selection_submit(submission=submission, decision="pick", position=0)
    else:
        verification_submit(submission=submission, decision="confirm")


@pytest.mark.parametrize(
    ("text", "field", "words"),
    [
        (": [", "protocol", "own.yaml is no YAML"),
        ("stages: []", "name", "own.yaml has no name"),
        ("name: own\nstages: []", "stages", "one stage or more"),
        (SHORT.replace("evaluation", "evaluations"), "stages[1].kind", "out_of_fold"),
        (SHORT.replace("batch_size: 5", "batch_size: none"), "II.batch_size", "1 to 100000"),
        (SHORT.replace("unet-resnet18", "unet-resnet19"), "I.networks[0].encoder", "resnet18"),
        (SHORT.replace("batch_size", "batchsize"), "II.batchsize", "valid parameters are"),
        ("name: own\nstages: [{kind: evaluation}]", "stages", "a first stage of kind"),
        ("name: own\nstages: [{kind: drawing}, {kind: verification}, {kind: out_of_fold, networks: [unet-resnet18, "
         "fpn-resnet18]}]", "stages", "a drawing stage right before it"),
        ("name: own\nstages: [{kind: drawing}, {kind: drawing}]", "stages", "a name of its own"),
        ("name: own\nstages: [{kind: drawing}, {kind: evaluation}]", "stages", "a stage before it that has a main"),
        ("name: own\nstages: [{kind: drawing}, {kind: initial_training, networks: [unet-resnet18]}, "
         "{kind: verification}]", "stages", "initial_training as the first stage"),
        (f"{SHORT}  - {{kind: initial_training, name: again, networks: [unet-resnet18]}}", "stages",
         "first stage, once"),
        ("name: my small hospital\n" + SHORT.replace("name: short", ""), "name", "a short name without spaces"),
        ("target: heart\n" + SHORT, "target", "lung, infection"),
        ("name: own\nstages: [{kind: [drawing]}]", "stages[0].kind", "out_of_fold"),
        ("name: own\nstages: [\n  {kind: drawing}\n", "protocol", "line 4, column 1"),
        ("name: own\n\x07", "protocol", "line 2, column 1"),
        ("name: own\nsource: our radiology: 2026", "protocol", "look at line 2, column 22"),
    ],
)  # fmt: skip
def test_a_page_that_cannot_be_is_refused_by_file_field_and_remedy(text: str, field: str, words: str) -> None:
    with pytest.raises(ProtocolError) as caught:
        read_protocol(text, "own.yaml")
    assert caught.value.field == field
    assert "own.yaml" in caught.value.message
    assert words in f"{caught.value.message} {caught.value.remedy}"


def test_a_number_that_yaml_takes_for_text_is_read_as_the_number_that_was_meant() -> None:
    text = SHORT.replace("batch_size: 5", 'batch_size: "5"') + "training: {learning_rate: 1e-3, epochs: 1e2}"
    protocol = read_protocol(text, "short.yaml").protocol
    assert (protocol.training.learning_rate, protocol.training.epochs) == (0.001, 100)
    assert protocol.to_json()["stages"][1]["batch_size"] == 5
    with pytest.raises(ProtocolError, match=r"training\.learning_rate is 'nan'"):
        read_protocol(f"{SHORT}training: {{learning_rate: nan}}", "short.yaml")
    with pytest.raises(ProtocolError, match=r"training\.epochs is 1\.5"):
        read_protocol(f'{SHORT}training: {{epochs: "1.5"}}', "short.yaml")


def test_a_page_may_say_what_target_it_is_meant_for(folder: Path, api_as: Callable[[Any], Any]) -> None:
    (folder / "short.yml").write_text("target: lung\n" + SHORT)
    told = {one["name"]: one["target"] for one in api_as(SuperuserFactory()).get("/api/protocols").json()}
    assert told == {"covid-qu": "", "qata": "infection", "short": "lung"}


@pytest.mark.parametrize("place", ["own.yaml", "own.yml"])
def test_a_page_that_is_not_utf_8_is_named_with_what_to_do(folder: Path, place: str) -> None:
    (folder / place).write_bytes("name: own\nsource: Universitätsklinik".encode("latin-1"))
    (message,) = [one for one in run_checks(tags=["groundwork"]) if one.id == "groundwork.E010"]
    assert message.msg == f"{place} is not UTF-8: line 2 holds the byte 0xe4"
    assert "save it as UTF-8" in str(message.hint)


def test_a_page_that_cannot_be_opened_is_named_with_what_to_do(folder: Path) -> None:
    (folder / "own.yaml").mkdir()
    with pytest.raises(ProtocolError, match=r"own\.yaml cannot be read: Is a directory"):
        catalogue()


def test_check_names_a_broken_page_before_anybody_meets_it(folder: Path) -> None:
    (folder / "own.yaml").write_text(SHORT.replace("batch_size: 5", "batch_size: 0"))
    (message,) = [one for one in run_checks(tags=["groundwork"]) if one.id == "groundwork.E010"]
    assert "own.yaml" in message.msg
    assert "II.batch_size" in str(message.hint)


def test_two_protocols_never_share_a_name_and_a_folder_must_be_there(folder: Path, settings: Any) -> None:
    (folder / "again.yaml").write_text(SHORT.replace("short", "qata"))
    with pytest.raises(ProtocolError, match="there is a protocol 'qata' already"):
        catalogue()
    settings.PROTOCOLS_DIR = folder / "gone"
    with pytest.raises(ProtocolError, match="there is no folder"):
        catalogue()
