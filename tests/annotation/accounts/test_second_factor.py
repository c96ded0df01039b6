"""The second factor: half a sign-in opens nothing, a code is good once."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pyotp
import pytest
from django.core.management import CommandError, call_command
from rest_framework.test import APIClient

from annotation.accounts.models import ApiToken, FailedAttempts, RecoveryCode, SecondFactor, User
from annotation.accounts.services import enrolment_of, second_factor_set
from annotation.common.models import AuditEvent
from annotation.projects.models import Role
from tests.factories import PASSWORD, MembershipFactory, ProjectFactory, SuperuserFactory, UserFactory, member

pytestmark = pytest.mark.django_db


def code(secret: str, steps: int = 1) -> str:
    """A code of the app; by default the next one, as the enrolment has used the present one."""
    return pyotp.TOTP(secret).at(int(time.time()) + 30 * steps)


def enrolled(**fields: Any) -> tuple[User, str, list[str]]:
    """A person with a second factor, its secret and the recovery codes."""
    person = UserFactory(**fields)
    secret = enrolment_of(person).secret
    return person, secret, second_factor_set(person, secret=secret, code=code(secret, 0))


def sign_in(client: APIClient, person: User) -> Any:
    return client.post("/api/sign-in", {"username": person.username, "password": PASSWORD})


def test_the_password_alone_opens_nothing_and_the_code_all(api: APIClient) -> None:
    person, secret, _ = enrolled(is_staff=True)
    answer = sign_in(api, person)
    assert (answer.status_code, answer.json()) == (202, {"step": "code"})
    for path in ("me", "projects", "tokens", "account", "account/sessions", "people"):
        assert api.get(f"/api/{path}").status_code == 401, path
    assert api.post("/api/tokens", {}).status_code == 400
    assert api.get("/admin/").status_code == 302
    waiting = api.get("/api/sign-in").json()
    assert (waiting["step"], waiting["username"]) == ("code", person.username)
    assert api.post("/api/sign-in/code", {"code": code(secret)}).json()["username"] == person.username
    assert api.get("/api/me").status_code == 200
    assert api.get("/admin/").status_code == 200


def test_a_code_is_good_once(api: APIClient) -> None:
    person, secret, _ = enrolled()
    sign_in(api, person)
    assert api.post("/api/sign-in/code", {"code": code(secret)}).status_code == 200
    other = APIClient()
    sign_in(other, person)
    answer = other.post("/api/sign-in/code", {"code": code(secret)})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "wrong_code")


@pytest.mark.parametrize("steps", [-3, 3])
def test_a_code_that_is_too_old_or_too_new_is_wrong(api: APIClient, steps: int) -> None:
    person, secret, _ = enrolled()
    SecondFactor.objects.update(last_step=0)
    sign_in(api, person)
    assert api.post("/api/sign-in/code", {"code": code(secret, steps)}).status_code == 400
    assert api.get("/api/me").status_code == 401


def test_codes_are_guessed_slowly_from_wherever(api: APIClient) -> None:
    person, secret, _ = enrolled()
    for n in range(5):
        client = APIClient(REMOTE_ADDR=f"10.0.0.{n}")
        sign_in(client, person)
        assert client.post("/api/sign-in/code", {"code": "000000"}).status_code == 400
    sign_in(api, person)
    answer = api.post("/api/sign-in/code", {"code": code(secret)})
    assert answer.status_code == 429
    assert answer["Retry-After"]
    FailedAttempts.objects.all().delete()
    assert api.post("/api/sign-in/code", {"code": code(secret)}).status_code == 200


def test_a_recovery_code_is_good_once_and_stored_as_a_digest(api: APIClient) -> None:
    person, _, codes = enrolled()
    assert len(set(codes)) == 10
    stored = str(list(RecoveryCode.objects.values()))
    assert not any(one in stored or one.replace("-", "") in stored for one in codes)
    sign_in(api, person)
    assert api.post("/api/sign-in/code", {"code": codes[0].upper().replace("-", " ")}).status_code == 200
    assert api.get("/api/account").json()["recovery_codes_left"] == 9
    other = APIClient()
    sign_in(other, person)
    assert other.post("/api/sign-in/code", {"code": codes[0]}).status_code == 400


def test_the_secret_is_not_readable_in_the_database(api: APIClient) -> None:
    _, secret, _ = enrolled()
    row = SecondFactor.objects.get()
    assert secret not in row.secret
    assert secret not in str(list(AuditEvent.objects.values_list("detail", flat=True)))


def test_another_secret_key_asks_for_the_old_one_and_accepts_it_as_fallback(api: APIClient, settings: Any) -> None:
    person, secret, _ = enrolled()
    old, settings.SECRET_KEY = settings.SECRET_KEY, "another key, long enough to be one"
    sign_in(api, person)
    answer = api.post("/api/sign-in/code", {"code": code(secret)})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "second_factor_unreadable")
    settings.SECRET_KEY_FALLBACKS = [old]
    assert api.post("/api/sign-in/code", {"code": code(secret)}).status_code == 200


def test_half_a_sign_in_is_over_after_ten_minutes_or_a_new_password(
    api: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    person, secret, _ = enrolled()
    sign_in(api, person)
    person.set_password("another one 77 now")
    person.save()
    assert api.post("/api/sign-in/code", {"code": code(secret)}).status_code == 409
    person.set_password(PASSWORD)
    person.save()
    sign_in(api, person)
    now = time.time()
    monkeypatch.setattr("annotation.accounts.services.sign_in.time.time", lambda: now + 601)
    assert api.get("/api/sign-in").json()["step"] is None
    assert api.post("/api/sign-in/code", {"code": code(secret)}).status_code == 409


def test_a_person_turns_it_on_by_password_and_a_first_code(api: APIClient) -> None:
    person, elsewhere = UserFactory(), APIClient()
    for client in (api, elsewhere):
        sign_in(client, person)
    assert api.post("/api/account/second-factor", {"password": "guess"}).status_code == 400
    begun = api.post("/api/account/second-factor", {"password": PASSWORD}).json()
    assert begun["qr_svg"].startswith("<svg")
    assert "http" not in begun["qr_svg"].replace("http://www.w3.org/2000/svg", ""), "nothing is fetched from elsewhere"
    assert pyotp.parse_uri(begun["uri"]).secret == begun["secret"]
    assert api.post("/api/account/second-factor/confirm", {"code": "000000"}).status_code == 400
    assert not SecondFactor.objects.exists(), "nothing is asked for before a code was right"
    made = api.post("/api/account/second-factor/confirm", {"code": code(begun["secret"], 0)})
    assert made.status_code == 201
    assert len(made.json()["recovery_codes"]) == 10
    assert api.get("/api/account").json()["second_factor_since"]
    assert elsewhere.get("/api/me").status_code == 401, "a session that showed no code ends"
    off = {"password": PASSWORD, "code": made.json()["recovery_codes"][0]}
    assert api.post("/api/account/second-factor/off", {**off, "code": "000000"}).status_code == 400
    assert api.post("/api/account/second-factor/off", off).status_code == 204
    assert not RecoveryCode.objects.exists()


def admin_of_a_project() -> User:
    return member(ProjectFactory(), Role.ADMIN)


@pytest.mark.parametrize("make", [SuperuserFactory, lambda: UserFactory(is_staff=True), admin_of_a_project])
def test_whoever_administers_must_enrol_before_anything_else(
    api: APIClient, settings: Any, make: Callable[[], User]
) -> None:
    settings.SECOND_FACTOR_REQUIRED = True
    person = make()
    answer = sign_in(api, person)
    assert (answer.status_code, answer.json()) == (202, {"step": "enrol"})
    assert api.get("/api/me").status_code == 401
    begun = api.post("/api/account/second-factor", {}).json()
    done = api.post("/api/account/second-factor/confirm", {"code": code(begun["secret"], 0)})
    assert done.status_code == 201
    assert api.get("/api/me").json()["username"] == person.username
    off = {"password": PASSWORD, "code": done.json()["recovery_codes"][0]}
    assert api.post("/api/account/second-factor/off", off).status_code == 409
    assert SecondFactor.objects.exists()


def test_others_need_none_where_admins_must(api: APIClient, settings: Any) -> None:
    settings.SECOND_FACTOR_REQUIRED = True
    assert sign_in(api, member(ProjectFactory(), Role.ANNOTATOR)).status_code == 200


def test_a_session_of_before_ends_where_its_person_must_have_one_now(api: APIClient, settings: Any) -> None:
    boss = SuperuserFactory()
    sign_in(api, boss)
    assert api.get("/api/me").status_code == 200
    settings.SECOND_FACTOR_REQUIRED = True
    assert api.get("/api/me").status_code == 401


def test_who_becomes_admin_of_a_project_is_asked_within_a_minute_whatever_the_browser_says(
    api: APIClient, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.SECOND_FACTOR_REQUIRED = True
    project, person, now = ProjectFactory(), UserFactory(), time.time()
    assert sign_in(api, person).status_code == 200
    MembershipFactory(project=project, user=person, role=Role.ADMIN)
    monkeypatch.setattr("annotation.accounts.services.sessions.time.time", lambda: now + 61)
    assert api.get("/api/me", HTTP_X_IDLE_SECONDS="99999").status_code == 401


def test_a_token_by_password_asks_for_the_code_too(api: APIClient, settings: Any) -> None:
    person, secret, _ = enrolled()
    body = {"username": person.username, "password": PASSWORD}
    assert api.post("/api/tokens", body).json()["error"]["code"] == "second_factor_needed"
    assert api.post("/api/tokens", {**body, "code": "000000"}).status_code == 400
    assert not ApiToken.objects.exists()
    assert api.post("/api/tokens", {**body, "code": code(secret)}).status_code == 201
    settings.SECOND_FACTOR_REQUIRED = True
    boss = {"username": SuperuserFactory().username, "password": PASSWORD}
    assert api.post("/api/tokens", boss).json()["error"]["code"] == "second_factor_needed"


def test_strangers_cannot_enrol(api: APIClient) -> None:
    assert api.post("/api/account/second-factor", {}).status_code == 401
    assert api.post("/api/account/second-factor/confirm", {"code": "1"}).status_code == 401


def test_each_half_of_a_sign_in_needs_the_csrf_token() -> None:
    strict = APIClient(enforce_csrf_checks=True)
    for path in ("sign-in", "sign-in/code", "sign-in/oidc", "account/second-factor", "password-link"):
        assert strict.post(f"/api/{path}", {}).status_code == 403, path


def test_a_lost_phone_is_reset_by_a_superuser_or_by_command(api: APIClient) -> None:
    person, _, _ = enrolled()
    boss = APIClient()
    boss.force_authenticate(SuperuserFactory())
    api.force_authenticate(UserFactory(is_staff=True))
    assert api.delete(f"/api/people/{person.pk}/second-factor").status_code == 403
    assert SecondFactor.objects.exists()
    assert boss.delete(f"/api/people/{person.pk}/second-factor").status_code == 204
    assert sign_in(APIClient(), person).status_code == 200
    other, _, _ = enrolled()
    call_command("reset_second_factor", other.username)
    assert sign_in(APIClient(), other).status_code == 200
    with pytest.raises(CommandError, match="nobody has the name"):
        call_command("reset_second_factor", "nobody")
