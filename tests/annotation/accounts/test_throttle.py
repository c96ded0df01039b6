"""Whoever guesses waits; colleagues do not."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import RequestFactory
from django.utils import timezone
from rest_framework.test import APIClient

from annotation.accounts.models import FailedAttempts, User
from annotation.accounts.services.throttle import (
    ADDRESS,
    CODE,
    NAME,
    NAME_AND_ADDRESS,
    TooManyAttemptsError,
    attempt_begin,
    attempt_succeeded,
    attempts_forget,
)
from annotation.common.addresses import client_address
from tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db


def sign_in(client: APIClient, person: User, password: str = PASSWORD, address: str = "10.0.0.1") -> Any:
    body = {"username": person.username, "password": password}
    return client.post("/api/sign-in", body, REMOTE_ADDR=address)


def guess(person: User, times: int, address: str = "10.0.0.1") -> None:
    for _ in range(times):
        sign_in(APIClient(), person, "guess", address)


def later(seconds: float) -> None:
    """As if so much time had passed."""
    for row in FailedAttempts.objects.all():
        row.last_at -= timedelta(seconds=seconds)
        row.waits_until = row.waits_until and row.waits_until - timedelta(seconds=seconds)
        row.save()


def test_who_guesses_is_told_when_to_try_again(api: APIClient) -> None:
    person = UserFactory()
    guess(person, NAME_AND_ADDRESS.free)
    answer = sign_in(api, person)
    assert answer.status_code == 429, "though the password was right now"
    assert 25 <= int(answer["Retry-After"]) <= 31
    error = answer.json()["error"]
    assert error["code"] == "too_many_attempts"
    assert error["detail"]["retry_after_seconds"] == int(answer["Retry-After"])
    assert "seconds" in error["remedy"]
    later(31)
    assert sign_in(api, person).status_code == 200


def test_each_further_failure_doubles_the_wait_up_to_a_quarter_of_an_hour() -> None:
    waits = [NAME_AND_ADDRESS.wait_after(n).total_seconds() for n in range(4, 13)]
    assert waits == [0, 30, 60, 120, 240, 480, 900, 900, 900]
    assert NAME.wait_after(10_000) == timedelta(minutes=1), "a name is held up for no longer, whoever guesses"


def test_a_refused_attempt_makes_the_wait_no_longer(api: APIClient) -> None:
    person = UserFactory()
    guess(person, NAME_AND_ADDRESS.free + 20)
    later(31)
    assert sign_in(api, person).status_code == 200


def test_a_success_begins_the_count_anew(api: APIClient) -> None:
    person = UserFactory()
    for _ in range(3):
        guess(person, NAME_AND_ADDRESS.free - 1)
        assert sign_in(APIClient(), person).status_code == 200


def test_a_token_by_password_is_counted_with_the_sign_ins(api: APIClient) -> None:
    person = UserFactory()
    guess(person, NAME_AND_ADDRESS.free, "127.0.0.1")
    body = {"username": person.username, "password": PASSWORD}
    assert api.post("/api/tokens", body).status_code == 429


def test_a_stranger_keeps_nobody_from_the_usual_browser_not_even_at_the_same_address(api: APIClient) -> None:
    person = UserFactory()
    assert sign_in(api, person).status_code == 200
    api.post("/api/sign-out")
    guess(person, NAME_AND_ADDRESS.free + 3)
    FailedAttempts.objects.filter(kind=NAME.kind).update(
        failures=1000, waits_until=timezone.now() + timedelta(minutes=1)
    )
    assert sign_in(APIClient(), person).status_code == 429
    assert sign_in(api, person).status_code == 200


def test_a_stranger_at_another_address_keeps_nobody_out(api: APIClient) -> None:
    person = UserFactory()
    guess(person, NAME_AND_ADDRESS.free + 3, "203.0.113.9")
    assert sign_in(api, person, address="10.0.0.1").status_code == 200


def test_guesses_in_a_known_browser_are_counted_too(api: APIClient) -> None:
    person = UserFactory()
    sign_in(api, person)
    answers = {sign_in(api, person, "guess").status_code for _ in range(10)}
    assert answers == {400}
    assert sign_in(api, person).status_code == 429


def test_a_forged_or_anothers_browser_cookie_counts_for_nothing(api: APIClient) -> None:
    person, other = UserFactory(), UserFactory()
    sign_in(api, other)
    guess(person, NAME_AND_ADDRESS.free)
    assert sign_in(api, person).status_code == 429
    api.cookies["groundwork_browser"] = "made up"
    assert sign_in(api, person).status_code == 429


def test_one_name_is_guessed_slowly_from_ever_so_many_addresses() -> None:
    person = UserFactory()
    counted = NAME.free
    for n in range(counted):
        attempt_begin([(NAME_AND_ADDRESS, f"{person.username}\0192.0.2.{n}"), (NAME, person.username)])
    assert sign_in(APIClient(), person, address="198.51.100.1").status_code == 429


def test_one_address_is_stopped_however_many_names_it_tries_and_a_success_of_its_own_helps_little() -> None:
    for n in range(ADDRESS.free):
        attempt_begin([(NAME_AND_ADDRESS, f"name{n}"), (ADDRESS, "203.0.113.9")])
    with pytest.raises(TooManyAttemptsError):
        attempt_begin([(ADDRESS, "203.0.113.9")])
    attempt_succeeded([(ADDRESS, "203.0.113.9")])
    assert FailedAttempts.objects.get(kind=ADDRESS.kind).failures == ADDRESS.free - 1


@pytest.mark.django_db(transaction=True)
def test_many_guesses_at_once_gain_nothing() -> None:
    def attempt(_: int) -> bool:
        try:
            attempt_begin([(NAME_AND_ADDRESS, "rita"), (NAME, "rita"), (ADDRESS, "10.0.0.1")])
        except TooManyAttemptsError:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(attempt, range(24))) == NAME_AND_ADDRESS.free


def test_what_was_typed_as_a_name_is_not_kept_readably(api: APIClient) -> None:
    api.post("/api/sign-in", {"username": "my secret password", "password": "x"})
    assert "secret" not in str(list(FailedAttempts.objects.values()))


def test_failures_are_forgotten_after_an_hour() -> None:
    attempt_begin([(CODE, "x")])
    assert attempts_forget() == 0
    later(3601)
    assert attempts_forget() == 1


@pytest.mark.parametrize(
    ("proxies", "heard", "address"),
    [
        (0, "198.51.100.7", "10.9.9.9"),
        (1, "198.51.100.7", "198.51.100.7"),
        (1, "1.2.3.4, 198.51.100.7", "198.51.100.7"),
        (2, "1.2.3.4, 198.51.100.7, 10.0.0.2", "198.51.100.7"),
        (2, "198.51.100.7", "10.9.9.9"),
        (1, "", "10.9.9.9"),
        (1, "1.2.3.4, nonsense", "10.9.9.9"),
        (1, "[2001:db8::1]:4711", "2001:db8::1"),
        (1, "198.51.100.7:4711", "198.51.100.7"),
        (1, "::ffff:198.51.100.7", "198.51.100.7"),
    ],
)
def test_only_the_entry_of_ones_own_proxy_is_believed(settings: Any, proxies: int, heard: str, address: str) -> None:
    settings.TRUSTED_PROXIES = proxies
    request = RequestFactory().get("/", REMOTE_ADDR="10.9.9.9", HTTP_X_FORWARDED_FOR=heard)
    assert client_address(request) == address
