"""Which passwords are taken."""

import pytest

from portal.config.service_options import service_options
from portal.config.settings import Settings
from services.errors import Invalid
from services.users.credentials import OWASP_MINIMUM, Passwords

ME = ("me",)
GOOD = "correct horse battery staple"


@pytest.mark.parametrize("password", ["", "eleven char", GOOD * 50, "x" * 10**7])
def test_too_short_or_too_long(password):
    with pytest.raises(Invalid, match="12 to 1,024 characters") as refused:
        Passwords().hash(password, queue_keys=ME)
    assert refused.value.fields.keys() == {"password"}


@pytest.mark.parametrize("password",
    ["password1234", "Password1234!", "football2024!", "passwordpassword", "qwertyuiop123", "1qaz2wsx3edc",
     "111111111111", "abcdefghijkl", "q1w2e3r4t5y6", "\x00" * 12],
)  # fmt: skip
def test_what_everybody_takes_is_refused(password):
    with pytest.raises(Invalid, match="easy to guess"):
        Passwords().hash(password, queue_keys=ME)


def test_what_is_known_of_the_person_makes_it_easy():
    password = "oosterhuis2026"
    about = ("wilhelmina", "oosterhuis", "wilhelmina.oosterhuis@example.org")
    assert Passwords().hash(password, queue_keys=ME)
    with pytest.raises(Invalid, match="easy to guess"):
        Passwords().hash(password, queue_keys=ME, about=about)


@pytest.mark.parametrize(
    "password", [GOOD, "x7f!kq_PLm2c", "пароль из слов", "tell\x00nobody anything", "\ud800 and what not"]
)
def test_no_rule_about_which_characters(password):
    passwords = Passwords()
    stored = passwords.hash(password, queue_keys=ME)
    assert passwords.matches(stored, password, queue_keys=ME)
    assert not passwords.matches(stored, password + "x", queue_keys=ME)
    assert not passwords.matches("not a hash", password, queue_keys=ME)
    assert not passwords.matches(None, password, queue_keys=ME)


def test_an_accent_is_the_same_in_one_character_or_two():
    passwords = Passwords()
    composed, decomposed = "Andr\u00e9s vier H\u00fchner", "Andre\u0301s vier Hu\u0308hner"
    for first, then in ((composed, decomposed), (decomposed, composed)):
        stored = passwords.hash(first, queue_keys=ME)
        assert passwords.matches(stored, first, queue_keys=ME)
        assert passwords.matches(stored, then, queue_keys=ME)
        assert not passwords.outdated(stored, first, queue_keys=ME)
        assert not passwords.outdated(stored, then, queue_keys=ME)


def test_the_hash_of_what_was_typed_before_still_matches_and_is_outdated():
    passwords, typed = Passwords(), "Andre\u0301s vier Hu\u0308hner"
    stored = OWASP_MINIMUM.hash(typed)
    assert passwords.matches(stored, typed, queue_keys=ME)
    assert passwords.outdated(stored, typed, queue_keys=ME)
    renewed = passwords.renew(typed, queue_keys=ME)
    assert passwords.matches(renewed, "Andr\u00e9s vier H\u00fchner", queue_keys=ME)
    assert not passwords.outdated(renewed, typed, queue_keys=ME)


def test_an_instance_pays_what_owasp_asks_for(tmp_path):
    assert Passwords().hash(GOOD, queue_keys=ME).startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    settings = Settings.from_env({"ENVIRONMENT": "development", "DATA_DIR": str(tmp_path)})
    assert service_options(settings).password_hasher is OWASP_MINIMUM
