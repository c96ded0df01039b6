"""Single sign-on at a real provider, in a thread: who gets in, and which lies are not believed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlparse

import pyotp
import pytest
from allauth.socialaccount.models import SocialAccount
from rest_framework.test import APIClient

from annotation.accounts.models import User
from annotation.accounts.services import enrolment_of, second_factor_set
from annotation.projects.models import Membership
from tests.factories import UserFactory
from tests.support.oidc import CLIENT, SECRET, Provider, other_key

pytestmark = pytest.mark.django_db


@pytest.fixture
def provider(settings: Any) -> Iterator[Provider]:
    """A provider that this installation trusts."""
    with Provider() as provider:
        settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = provider.issuer, CLIENT, SECRET
        settings.OIDC_PROVIDER_ID = "oidc-" + hashlib.sha256(provider.issuer.encode()).hexdigest()[:16]
        settings.OIDC_NAME = "Hospital account"
        yield provider


def come_back(api: APIClient, provider: Provider, next_path: str = "/") -> str:
    """Through the provider and back; where the browser is sent in the end."""
    begun = api.post("/api/sign-in/oidc", {"next": next_path})
    assert begun.status_code == 200, begun.content
    back = urlparse(provider.authorize(begun.json()["url"]))
    answer = api.get(f"{back.path}?{back.query}")
    assert answer.status_code == 302, answer.content
    return str(answer["Location"])


def test_a_person_of_a_verified_email_is_signed_in_and_known_afterwards(api: APIClient, provider: Provider) -> None:
    rita = UserFactory(email="Rita@example.org")
    assert api.get("/api/sign-in").json()["single_sign_on"] == "Hospital account"
    assert come_back(api, provider, "/p/chest") == "/p/chest"
    assert api.get("/api/me").json()["username"] == rita.username
    provider.claims = {"sub": "subject-1", "email": "other@example.org", "email_verified": False}
    again = APIClient()
    come_back(again, provider)
    assert again.get("/api/me").json()["username"] == rita.username, "by the subject, whatever the e-mail is now"
    assert SocialAccount.objects.get().extra_data == {}, "what the provider tells of people is not kept"


def test_who_may_sign_in_only_so_needs_no_password(api: APIClient, provider: Provider) -> None:
    rita = UserFactory(email="rita@example.org")
    rita.set_unusable_password()
    rita.save()
    come_back(api, provider)
    assert api.get("/api/account").json()["has_password"] is False
    assert api.get("/api/account").json()["single_sign_on_linked"] is True


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"email_verified": False}, "unverified"),
        ({"email_verified": "true"}, "unverified"),
        ({"email": ""}, "unverified"),
        ({"email": "nobody@example.org"}, "unknown"),
        ({"email": "closed@example.org"}, "inactive"),
        ({"email": "twice@example.org"}, "ambiguous"),
    ],
)
def test_who_is_not_let_in_is_told_why(api: APIClient, provider: Provider, claims: dict[str, Any], reason: str) -> None:
    UserFactory(email="rita@example.org")
    UserFactory(email="closed@example.org", is_active=False)
    UserFactory.create_batch(2, email="twice@example.org")
    provider.claims |= claims
    assert come_back(api, provider) == f"/?sign-in={reason}"
    assert api.get("/api/me").status_code == 401
    assert not SocialAccount.objects.exists()


def test_another_subject_of_the_same_email_is_not_the_same_person(api: APIClient, provider: Provider) -> None:
    UserFactory(email="rita@example.org")
    come_back(api, provider)
    provider.claims["sub"] = "subject-2"
    assert come_back(APIClient(), provider) == "/?sign-in=other_identity"


def test_new_people_are_made_where_the_setting_says_so_and_have_no_role(
    api: APIClient, provider: Provider, settings: Any
) -> None:
    settings.OIDC_CREATE_PEOPLE, settings.OIDC_EMAIL_DOMAINS = True, ["example.org"]
    UserFactory(username="rita", email="")
    provider.claims |= {"preferred_username": "Rita", "roles": ["admin"], "is_superuser": True}
    come_back(api, provider)
    person = User.objects.get(email="rita@example.org")
    assert (person.username, person.is_staff, person.is_superuser) == ("Rita2", False, False)
    assert not person.has_usable_password()
    assert not Membership.objects.filter(user=person).exists()
    provider.claims |= {"sub": "subject-9", "email": "rita@elsewhere.org"}
    assert come_back(APIClient(), provider) == "/?sign-in=domain"


@pytest.mark.parametrize("lie", ["key", "none", "hmac", "audience", "issuer", "expired", "nonce", "party"])
def test_an_identity_that_is_not_to_be_believed_lets_nobody_in(api: APIClient, provider: Provider, lie: str) -> None:
    UserFactory(email="rita@example.org")
    if lie == "key":
        provider.key = other_key()
    elif lie in {"none", "hmac"}:
        provider.algorithm = {"none": "none", "hmac": "HS256"}[lie]
    else:
        provider.twist = {
            "audience": {"aud": "another client"},
            "issuer": {"iss": "https://elsewhere.example.org"},
            "expired": {"exp": 1_600_000_000},
            "nonce": {"nonce": "of another sign-in"},
            "party": {"aud": [CLIENT, "another client"], "azp": "another client"},
        }[lie]
    assert come_back(api, provider) == "/?sign-in=failed"
    assert api.get("/api/me").status_code == 401


def test_a_provider_that_calls_itself_by_another_name_is_not_asked(api: APIClient, provider: Provider) -> None:
    provider.issuer_said = "https://elsewhere.example.org"
    assert api.post("/api/sign-in/oidc", {}).status_code == 503


def test_a_state_of_another_browser_or_used_twice_lets_nobody_in(api: APIClient, provider: Provider) -> None:
    UserFactory(email="rita@example.org")
    back = urlparse(provider.authorize(api.post("/api/sign-in/oidc", {}).json()["url"]))
    other = APIClient()
    assert other.get(f"{back.path}?{back.query}")["Location"] == "/?sign-in=failed"
    assert other.get("/api/me").status_code == 401
    assert api.get(f"{back.path}?{back.query}")["Location"] == "/"
    assert APIClient().get(f"{back.path}?{back.query}")["Location"] == "/?sign-in=failed"
    assert len(provider.exchanges) == 1
    assert len(provider.exchanges[0]["code_verifier"]) >= 43


def test_a_person_who_says_no_at_the_provider_is_back_at_the_door(api: APIClient, provider: Provider) -> None:
    url = urlparse(api.post("/api/sign-in/oidc", {}).json()["url"])
    state = parse_qs(url.query)["state"][0]
    answer = api.get(f"/api/sign-in/oidc/callback?error=access_denied&state={state}")
    assert answer["Location"] == "/?sign-in=cancelled"


@pytest.mark.parametrize("path", ["//elsewhere.org", "https://elsewhere.org", "/\\elsewhere.org", "javascript:x"])
def test_a_sign_in_leads_nowhere_but_here(api: APIClient, provider: Provider, path: str) -> None:
    UserFactory(email="rita@example.org")
    assert come_back(api, provider, path) == "/"


def test_the_email_may_come_from_userinfo_of_the_same_subject_only(api: APIClient, provider: Provider) -> None:
    rita = UserFactory(email="rita@example.org")
    provider.claims = {"sub": "subject-1"}
    provider.userinfo = {"sub": "somebody else", "email": "rita@example.org", "email_verified": True}
    assert come_back(APIClient(), provider) == "/?sign-in=failed"
    provider.userinfo["sub"] = "subject-1"
    come_back(api, provider)
    assert api.get("/api/me").json()["username"] == rita.username


def test_a_second_factor_of_ours_is_asked_for_unless_the_provider_is_trusted_with_it(
    api: APIClient, provider: Provider, settings: Any
) -> None:
    rita = UserFactory(email="rita@example.org")
    secret = enrolment_of(rita).secret
    second_factor_set(rita, secret=secret, code=pyotp.TOTP(secret).now())
    assert come_back(api, provider) == "/"
    assert api.get("/api/me").status_code == 401
    assert api.get("/api/sign-in").json()["step"] == "code"
    settings.OIDC_SECOND_FACTOR = True
    come_back(api, provider)
    assert api.get("/api/me").status_code == 200


def test_without_settings_there_is_no_single_sign_on(api: APIClient) -> None:
    assert api.get("/api/sign-in").json()["single_sign_on"] is None
    assert api.post("/api/sign-in/oidc", {}).status_code == 404
    assert api.get("/api/sign-in/oidc/callback?code=x&state=y")["Location"] == "/?sign-in=failed"
