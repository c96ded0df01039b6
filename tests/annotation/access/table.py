"""Every address of the platform: who may do what there, and what the others are told."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile

from annotation.images.models import Image
from annotation.images.pseudonyms import pseudonyms
from tests.annotation.access.world import Side
from tests.annotation.reviews.world import drawing
from tests.factories import PASSWORD
from tests.support.pictures import film_hw, png_bytes

STRANGER, OUTSIDER, SIBLING = "stranger", "outsider", "ruler of the sibling"
SUPERUSER = "superuser"
ALL = (STRANGER, OUTSIDER, "annotator", "physician", "researcher", "admin", SIBLING, SUPERUSER)
"""Nobody, somebody without a role, four members of the project, its sibling's ruler, who runs the installation."""

ANYBODY = frozenset(ALL)
SIGNED_IN = ANYBODY - {STRANGER}
MEMBER = frozenset({"annotator", "physician", "researcher", "admin", SUPERUSER})
READER = frozenset({"annotator", "physician"})
RESEARCH = frozenset({"researcher", "admin", SUPERUSER})
ADMIN = frozenset({"admin", SUPERUSER})
ROOT = frozenset({SUPERUSER})
NOBODY: frozenset[str] = frozenset()
VERBS = ("get", "post", "put", "patch", "delete")
ANNOTATOR, PHYSICIAN = frozenset({"annotator"}), frozenset({"physician"})

Body = Callable[[Side], Any] | dict[str, Any] | None


@dataclass(frozen=True)
class Row:
    """One method of one address. ``member`` is what a member who may not is told, ``outside`` everybody else."""

    name: str
    method: str
    path: str
    allowed: frozenset[str]
    status: int = 200
    body: Body = None
    member: int = 403
    outside: int = 404
    form: bool = False
    stranger: int = 401
    elsewhere: int | None = None
    """What a ruler of both projects is told of the sibling's object by this project's address; None: it names none."""

    def expected(self, actor: str) -> int:
        """The status that the actor gets."""
        if actor in self.allowed:
            return self.status
        if actor == STRANGER:
            return self.stranger
        return self.member if actor in MEMBER else self.outside

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def upload(side: Side) -> dict[str, Any]:
    """A ZIP of one film."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("manifest.csv", "image\nnew.png\n")
        archive.writestr("new.png", png_bytes(film_hw(96, 128, 4711)))
    return {"file": SimpleUploadedFile("films.zip", content.getvalue()), "role": "pool"}


def mask(side: Side, task: str, **body: Any) -> dict[str, Any]:
    """An act with a drawing."""
    return side.act(task, mask=SimpleUploadedFile("mask.png", drawing()), **body)


def patient(side: Side) -> dict[str, Any]:
    """Whose film the project has settled."""
    return {"identifier": Image.objects.get(pk=side.names["image"]).patient.identifier}


def pseudonym(side: Side) -> dict[str, Any]:
    """The same patient as he is called outside."""
    return {"pseudonym": pseudonyms(patient(side)["identifier"])[0]}


P = "projects/{slug}"
NEW_PROJECT = {
    "slug": "fresh", "name": "Fresh", "target": "lung", "convention": "heart_out", "protocol": "covid-qu"
}  # fmt: skip
PAGES_BUILT = Path(settings.FRONTEND_DIR, "manifest.json").is_file()
ROWS = [
    # Health, documents, pages.
    Row("health-live", "get", "/health/live", ANYBODY),
    Row("health-ready", "get", "/health/ready", ANYBODY),
    Row("schema", "get", "schema", ANYBODY),
    Row("docs", "get", "docs", ANYBODY),
    Row("app", "get", "/p/left", ANYBODY, 200 if PAGES_BUILT else 503),
    # For the collector of metrics alone, which is nobody's account.
    Row("metrics", "get", "/metrics", NOBODY, outside=403, stranger=403),
    # The tables' own doors lead to the one door.
    *(Row("admin-sign-in", verb, "/admin/login/", ANYBODY, 302) for verb in VERBS),
    *(Row("admin-password", verb, "/admin/password_change/", ANYBODY, 302) for verb in VERBS),
    # Accounts.
    Row("csrf", "get", "csrf", ANYBODY),
    Row("sign-in", "post", "sign-in", ANYBODY, body={"username": "outsider", "password": PASSWORD}),
    Row("sign-in", "get", "sign-in", ANYBODY),
    Row("sign-in", "delete", "sign-in", ANYBODY, 204),
    Row("sign-in-code", "post", "sign-in/code", ANYBODY, 409, {"code": "123456"}),
    Row("oidc", "post", "sign-in/oidc", ANYBODY, 404, {}),
    Row("oidc-callback", "get", "sign-in/oidc/callback", ANYBODY, 302),
    Row("password-link", "post", "password-link", ANYBODY, 404, {"secret": "x" * 40, "new_password": "a long phrase"}),
    Row("password-link-look", "post", "password-link/look", ANYBODY, 404, {"secret": "x" * 40}),
    Row("sign-out", "post", "sign-out", SIGNED_IN, 204),
    Row("me", "get", "me", SIGNED_IN),
    Row("my-password", "post", "me/password", SIGNED_IN, 204,
        {"old_password": PASSWORD, "new_password": "a longer pass phrase"}),
    Row("account", "get", "account", SIGNED_IN),
    Row("second-factor", "post", "account/second-factor", SIGNED_IN, 200, {"password": PASSWORD}),
    Row("second-factor-confirm", "post", "account/second-factor/confirm", SIGNED_IN, 409, {"code": "123456"}),
    Row("second-factor-off", "post", "account/second-factor/off", SIGNED_IN, 409,
        {"password": PASSWORD, "code": "123456"}),
    Row("recovery-codes", "post", "account/recovery-codes", SIGNED_IN, 409, {"password": PASSWORD, "code": "123456"}),
    Row("sessions", "get", "account/sessions", SIGNED_IN),
    Row("sessions", "delete", "account/sessions", SIGNED_IN, 204),
    Row("session", "delete", "account/sessions/00000000-0000-4000-8000-000000000000", SIGNED_IN, 404),
    Row("tokens", "get", "tokens", SIGNED_IN),
    Row("tokens", "post", "tokens", SIGNED_IN, 201, {"name": "mine"}, stranger=400),
    # A token is its owner's, here the outsider's, and whoever runs the installation may end it.
    Row("token", "delete", "tokens/{token}", frozenset({OUTSIDER, SUPERUSER}), 204, member=404),
    Row("people", "get", "people", ROOT, outside=403),
    Row("people", "post", "people", ROOT, 201, {"username": "fresh"}, outside=403),
    Row("person", "get", "people/{person}", ROOT, outside=403),
    Row("person", "patch", "people/{person}", ROOT, 200, {"first_name": "Ann"}, outside=403),
    Row("person-password", "post", "people/{person}/password", ROOT, 201, outside=403),
    Row("person-password-link", "post", "people/{person}/password-link", ROOT, 201, outside=403),
    Row("person-second-factor", "delete", "people/{person}/second-factor", ROOT, 404, outside=403),
    Row("person-sessions", "delete", "people/{person}/sessions", ROOT, 204, outside=403),
    Row("person-tokens", "get", "people/{person}/tokens", ROOT, outside=403),
    # Projects.
    Row("protocols", "get", "protocols", SIGNED_IN),
    Row("targets", "get", "targets", SIGNED_IN),
    Row("import-limits", "get", "import-limits", SIGNED_IN),
    Row("benchmark-configs", "get", "benchmark-configs", SIGNED_IN),
    Row("overview", "get", "overview", SIGNED_IN),
    Row("projects", "get", "projects", SIGNED_IN),
    Row("projects", "post", "projects", ROOT, 201, NEW_PROJECT, outside=403),
    Row("project", "get", P, MEMBER),
    Row("project-archive", "post", f"{P}/archive", ADMIN),
    Row("project-restore", "post", f"{P}/restore", ADMIN, 409),
    Row("project-delete", "post", f"{P}/delete", ADMIN, 409, lambda s: {"slug": s.names["slug"]}),
    Row("project-start", "post", f"{P}/start", ADMIN, 409),
    Row("project-pause", "post", f"{P}/pause", ADMIN),
    Row("project-resume", "post", f"{P}/resume", ADMIN, 409),
    Row("guide", "get", f"{P}/guide", MEMBER),
    Row("guide", "post", f"{P}/guide", ADMIN, 201, {"text": "new text"}),
    Row("guide-versions", "get", f"{P}/guide/versions", MEMBER),
    Row("guide-read", "post", f"{P}/guide/read", MEMBER, 204, {"version": 1}),
    Row("members", "get", f"{P}/members", ADMIN),
    Row("members", "post", f"{P}/members", ADMIN, 201, {"username": "outsider", "role": "admin"}),
    Row("member", "delete", f"{P}/members/{{member}}", ADMIN, 204, elsewhere=404),
    Row("progress", "get", f"{P}/progress", MEMBER),
    Row("readiness", "get", f"{P}/readiness", ADMIN),
    Row("rounds", "get", f"{P}/rounds", MEMBER),
    Row("project-protocol", "get", f"{P}/protocol", MEMBER),
    Row("training", "patch", f"{P}/training", ADMIN, 200, {"epochs": 3}),
    Row("models", "get", f"{P}/models", RESEARCH),
    Row("curves", "get", f"{P}/curves", RESEARCH),
    Row("figures", "get", f"{P}/figures", RESEARCH),
    Row("next-batch", "get", f"{P}/next-batch", RESEARCH),
    Row("jobs", "get", f"{P}/jobs", ADMIN),
    # Films.
    Row("image", "get", "images/{image}", MEMBER),
    Row("image-pixels", "get", "images/{image}/pixels", MEMBER),
    Row("image-thumbnail", "get", "images/{image}/thumbnail", MEMBER),
    Row("project-images", "get", f"{P}/images", RESEARCH),
    Row("screening", "get", f"{P}/screening", ADMIN),
    Row("screening", "post", f"{P}/screening", ADMIN, 200,
        lambda s: {"images": [str(s.names["pool_film"])], "outcome": "out", "reason": "blurred"}),
    Row("films", "get", f"{P}/films", RESEARCH),
    Row("films-role", "post", f"{P}/films/role", ADMIN, 409,
        lambda s: {"role": "seed", "images": [str(s.names["pool_film"])]}),
    Row("film-counts", "get", f"{P}/films/counts", RESEARCH),
    Row("film-history", "get", f"{P}/films/{{image}}/history", RESEARCH, elsewhere=404),
    Row("film-datasets", "get", f"{P}/films/{{image}}/datasets", RESEARCH, elsewhere=200),
    Row("imports", "get", f"{P}/imports", ADMIN),
    Row("imports", "post", f"{P}/imports", ADMIN, body=upload, form=True),
    Row("import", "get", f"{P}/imports/{{import_id}}", ADMIN, elsewhere=404),
    Row("import-take-back", "post", f"{P}/imports/{{import_id}}/take-back", ADMIN, elsewhere=404),
    # Masks: a reviewer sees those of the task that he holds.
    Row("mask-pixels", "get", "masks/{mask}/pixels", RESEARCH, member=404),
    Row("mask-pixels", "get", "masks/{read_mask}/pixels", RESEARCH | ANNOTATOR, member=404),
    Row("mask-outline", "get", "masks/{mask}/outline", RESEARCH, member=404),
    Row("mask-lineage", "get", f"{P}/masks/{{mask}}", RESEARCH, elsewhere=404),
    # The queue.
    Row("queue", "get", f"{P}/queue", READER, outside=404),
    Row("queue-next", "post", f"{P}/queue/next", READER, 200, {"count": 2}),
    Row("agreement", "get", f"{P}/agreement", RESEARCH),
    Row("set-aside", "get", f"{P}/set-aside", ADMIN),
    Row("film-put-back", "post", f"{P}/set-aside/{{aside}}/put-back", ADMIN, elsewhere=404),
    Row("film-exclude", "post", f"{P}/set-aside/{{aside}}/exclude", ADMIN, 200, {"reason": "unreadable"},
        elsewhere=404),
    Row("task", "get", "tasks/{verdict}", ANNOTATOR, member=404),
    Row("task-open", "post", "tasks/{verdict}/open", ANNOTATOR, member=404),
    Row("task-heartbeat", "post", "tasks/{verdict}/heartbeat", ANNOTATOR, member=404),
    Row("task-release", "post", "tasks/{verdict}/release", ANNOTATOR, member=404),
    Row("task-verdict", "post", "tasks/{verdict}/verdict", ANNOTATOR, 201,
        lambda s: s.act("verdict", decision="accept"), member=404),
    Row("task-correction", "post", "tasks/{correction}/correction", ANNOTATOR, 201,
        lambda s: mask(s, "correction"), member=404, form=True),
    Row("task-adjudication", "post", "tasks/{adjudication}/adjudication", PHYSICIAN, 201,
        lambda s: s.act("adjudication", decision="accept"), member=404),
    Row("task-selection", "post", "tasks/{selection}/selection", ANNOTATOR, 201,
        lambda s: s.act("selection", decision="deny"), member=404),
    Row("task-verification", "post", "tasks/{verification}/verification", PHYSICIAN, 201,
        lambda s: s.act("verification", decision="confirm"), member=404),
    Row("task-report", "post", "tasks/{verdict}/report", ANNOTATOR, 201, lambda s: s.act("verdict"), member=404),
    Row("task-undo", "post", "tasks/{accepted}/undo", ANNOTATOR, 200, {"idempotency_key": "undo-0001"}, member=404),
    # The audit log.
    Row("audit", "get", "audit", ROOT, outside=403),
    Row("audit-download", "get", "audit/download", ROOT, outside=403),
    Row("project-audit", "get", f"{P}/audit", ADMIN),
    Row("project-audit-download", "get", f"{P}/audit/download", ADMIN),
    # Patients.
    Row("withdrawals", "get", f"{P}/withdrawals", ADMIN),
    Row("withdrawals", "post", f"{P}/withdrawals", ADMIN, 404,
        {"identifier": "nobody", "confirmation": "nobody", "reason": "asked for it"}),
    Row("withdrawal-preview", "post", f"{P}/withdrawals/preview", ADMIN, 200, patient),
    Row("pseudonym", "post", f"{P}/pseudonyms", ADMIN, 200, pseudonym),
    # Rounds, networks, jobs.
    Row("model", "get", "models/{model}", RESEARCH),
    Row("round", "get", "rounds/{round}", MEMBER),
    Row("round-films", "get", "rounds/{round}/films", RESEARCH),
    Row("round-retry", "post", "rounds/{round}/retry", ADMIN, 409),
    Row("round-close", "post", "rounds/{round}/close", ADMIN, 409),
    Row("job", "get", "jobs/{job}", ADMIN),
    Row("job-cancel", "post", "jobs/{job}/cancel", ADMIN, 409, {"reason": "late"}),
    Row("job-retry", "post", "jobs/{job}/retry", ADMIN),
    # Datasets, benchmarks, findings.
    Row("datasets", "get", f"{P}/datasets", RESEARCH),
    Row("datasets", "post", f"{P}/datasets", RESEARCH, 200, {"include_seeds": True}),
    Row("dataset", "get", f"{P}/datasets/{{dataset}}", RESEARCH, elsewhere=404),
    Row("dataset-download", "get", f"{P}/datasets/{{dataset}}/download", RESEARCH, elsewhere=404),
    Row("dataset-labels", "post", f"{P}/datasets/{{dataset}}/labels", RESEARCH, 409, elsewhere=404),
    Row("benchmarks", "get", f"{P}/benchmarks", RESEARCH),
    Row("benchmarks", "post", f"{P}/benchmarks", RESEARCH, 201,
        lambda s: {"version": s.names["dataset"], "config": "reduced", "tasks": ["lung"]}),
    Row("benchmark", "get", f"{P}/benchmarks/{{benchmark}}", RESEARCH, elsewhere=404),
    Row("benchmark-cancel", "post", f"{P}/benchmarks/{{running}}/cancel", RESEARCH, elsewhere=404),
    Row("benchmark-retry", "post", f"{P}/benchmarks/{{stopped}}/retry", RESEARCH, elsewhere=404),
    Row("benchmark-report", "get", f"{P}/benchmarks/{{benchmark}}/report", RESEARCH, 302, elsewhere=404),
    Row("benchmark-report-file", "get", f"{P}/benchmarks/{{benchmark}}/report/index.html", RESEARCH, elsewhere=404),
    Row("benchmark-files", "get", f"{P}/benchmarks/{{benchmark}}/files", RESEARCH, elsewhere=404),
    Row("finding-sets", "get", f"{P}/findings", RESEARCH),
    Row("finding-sets", "post", f"{P}/findings", RESEARCH, 409, lambda s: {"films": [str(s.names["image"])]}),
    Row("finding-set", "get", f"{P}/findings/{{finding}}", RESEARCH, elsewhere=404),
    Row("finding-picture", "get", f"{P}/findings/{{finding}}/films/{{image}}/lungs", RESEARCH, elsewhere=404),
    Row("maps", "get", f"{P}/films/{{image}}/maps", RESEARCH, elsewhere=404),
    Row("maps", "post", f"{P}/films/{{image}}/maps", RESEARCH, 201, {}, elsewhere=404),
    Row("map-picture", "get", f"{P}/films/{{image}}/maps/{{map}}/picture", RESEARCH, elsewhere=404),
]  # fmt: skip
