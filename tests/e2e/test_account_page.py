"""The account's page, and a sign-in with a second factor, in a browser."""

from __future__ import annotations

import re
import time

import cv2
import numpy as np
import pyotp
import pytest

pytest.importorskip("playwright")
from playwright.sync_api import expect

from annotation.accounts.models import ApiToken, OpenSession, PasswordLink, SecondFactor
from tests.e2e.accessible import check_page
from tests.e2e.desk import Desk
from tests.e2e.people import PASSWORD

PHRASE = "some words of my own 7"
pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def test_a_person_sets_a_second_factor_up_makes_a_token_signs_out_elsewhere_and_comes_back_with_a_code(
    desk: Desk,
) -> None:
    elsewhere = desk.open("ann")
    expect(elsewhere.get_by_role("button", name="Sign out")).to_be_visible()
    page = desk.open("ann", "/account")
    expect(page.get_by_role("row")).to_have_count(5)  # two heads, no token, two sessions
    check_page(page)

    second = page.get_by_role("region", name="Second factor")
    second.get_by_label("Your password").fill(PASSWORD)
    second.get_by_role("button", name="Set it up").click()
    expect(second.get_by_role("img", name="QR code")).to_be_visible()
    picture = cv2.imdecode(np.frombuffer(second.get_by_label("QR code").screenshot(), np.uint8), cv2.IMREAD_GRAYSCALE)
    read, _, _ = cv2.QRCodeDetector().detectAndDecode(cv2.resize(picture, None, fx=2, fy=2))
    second.get_by_text("The phone cannot read it?").click()
    app = pyotp.TOTP(second.get_by_test_id("secret").inner_text())
    assert pyotp.parse_uri(read).secret == app.secret, "a phone reads the picture"
    check_page(page, themes=("light",))
    second.get_by_label("Code of the app").fill(app.now())
    second.get_by_role("button", name="Turn it on").click()
    expect(second.get_by_role("listitem")).to_have_count(10)
    codes = second.get_by_role("listitem").all_inner_texts()
    second.get_by_role("button", name="I have kept them").click()
    expect(second.get_by_text("10 recovery codes")).to_be_visible()
    assert SecondFactor.objects.get().user.username == "ann"
    assert OpenSession.objects.count() == 1, "the session that showed no code has ended"

    page.get_by_label("What it is for").fill("nightly export")
    page.get_by_label("Export:").check()
    page.get_by_role("button", name="Make a token").click()
    token = page.get_by_test_id("token").inner_text()
    assert ApiToken.objects.get(digest=ApiToken.digest_of(token)).scopes == ["read", "export"]
    page.keyboard.press("Escape")
    expect(page.get_by_role("row", name="nightly export")).to_be_visible()

    page.get_by_role("button", name="Sign out", exact=True).click()
    page.get_by_label("Name").fill("ann")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_label("Code of your authenticator app")).to_be_focused()
    check_page(page, themes=("dark",))
    page.get_by_label("Code of your authenticator app").fill("000000")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("wrong")
    page.reload()
    page.get_by_label("Code of your authenticator app").fill(app.at(int(time.time()) + 30))
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name="Second factor")).to_contain_text("10 recovery codes")
    assert len(set(codes)) == 10


def test_who_forgot_the_password_chooses_another_by_a_link_that_an_admin_makes(desk: Desk) -> None:
    desk.person("boss", is_staff=True, is_superuser=True)
    page = desk.open("boss", "/p/chest/people")
    row = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name=re.compile("^ann ")))
    row.get_by_role("button", name="New password").click()
    check_page(page, themes=("dark",))
    page.get_by_role("button", name="Make a link").click()
    address = page.get_by_test_id("password-link").inner_text()
    assert address.startswith(f"{desk.url}/password#")
    theirs = desk.context().new_page()
    theirs.goto(address)
    theirs.get_by_label("Your new password").fill(PHRASE)
    theirs.get_by_label("The new one again").fill(PHRASE)
    check_page(theirs)
    theirs.get_by_role("button", name="Use it from now on").click()
    theirs.get_by_role("button", name="Go to the sign-in").click()
    theirs.get_by_label("Name").fill("ann")
    theirs.get_by_label("Password").fill(PHRASE)
    theirs.get_by_role("button", name="Sign in").click()
    expect(theirs.get_by_role("link", name="Your account, ann")).to_be_visible()
    assert PasswordLink.objects.get().used_at
