"""Single sign-on: whom a provider's word lets in, as whom, and which answers prove nothing."""

import base64
import itertools
import json
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey

from models import audit, identity
from models import outbox as outbox_table
from models import user as user_table
from models.user import User
from services.errors import NotFound, Throttled
from services.users.audit import SecurityLog
from services.users.credentials import Encryption, Origin
from services.users.credentials.login_throttle import OF_NETWORK
from services.users.identity import SYSTEM, normalize_email, sort_name
from services.users.sign_in import (
    Answer,
    CodeNeeded,
    FederatedAccounts,
    OpenIdClient,
    Provider,
    ProviderUnavailable,
    SignedIn,
    SignOnFailed,
    SignOnInvalid,
    SignOnRefused,
    SingleSignOn,
    openid,
)
from tests.provider.fake import CLIENT_ID, SECRET, Fake, fake

BACK = "https://desk.example/login/from/corp"
ENCRYPTION = Encryption([b"v" * 32])
NETWORKS = itertools.count(1)


@pytest.fixture
def corp() -> Iterator[Fake]:
    with fake() as running:
        yield running


@dataclass
class SignOnFlow:
    """The product's own single sign-on with one provider, and a visitor from a network of their own."""

    sign_on: SingleSignOn
    corp: Fake
    origin: Origin

    def begin(self):
        """Depart and return the answer that an honest provider would send back."""
        redirect = self.sign_on.begin(provider_id="corp", target="/desk/new")
        asked = self.corp.depart(redirect.url)
        return Answer(redirect.note, asked["state"], "a-code", "", None), asked

    def complete(self, answer):
        return self.sign_on.complete(
            provider_id="corp", answer=answer, origin=self.origin, now=datetime.now(UTC)
        )

    def visit(self, **claims):
        """Sign in as somebody of whom the provider says this."""
        self.corp.claims = {**self.corp.claims, **claims}
        signed_in, target = self.complete(self.begin()[0])
        assert target == "/desk/new"
        return signed_in


@pytest.fixture
def sign_on_flow(harness, corp):
    """Give a function that opens the door for a provider with settings of its own."""

    def flow(**settings):
        provider, services = corp.provider(**settings), harness.services
        return SignOnFlow(
            SingleSignOn(
                clients=[(provider, OpenIdClient(provider, return_to=BACK, clock=time.monotonic))],
                accounts=FederatedAccounts(
                    users=services.users.accounts,
                    roles=services.users.roles,
                    organizations=services.users.organizations,
                    audit_writer=services.users.accounts._audit_writer,
                    new_id=lambda: uuid.uuid4().hex,
                ),
                authentication=services.users.authentication,
                login_throttle=services.users.login_throttle,
                security_log=SecurityLog(services.users.audit_writer),
                encryption=ENCRYPTION,
                new_secret=lambda: uuid.uuid4().hex * 2,
            ),
            corp,
            Origin(f"198.51.{next(NETWORKS)}.1", "Firefox"),
        )

    return flow


@pytest.fixture
def ada(corp):
    """Somebody nobody has seen before."""
    sub = uuid.uuid4().hex
    corp.claims = {"sub": sub, "email": f"{sub}@corp.example", "name": "Ada Corp"}
    return f"{sub}@corp.example"


def account(email, *, role="customer", verified=True, **more):
    """Write an account as it would be found here already."""
    item = User(
        user_id=uuid.uuid4().hex, name="Ada Here", sort_name=sort_name("Ada Here"), email=email, role_id=role,
        created_at=datetime.now(UTC), verified_at=datetime.now(UTC) if verified else None, **more,
    )  # fmt: skip
    user_table.put(item, expected_version=0)
    return item


def audited_actions(user_id):
    """Name what happened to an account beside sign-ins."""
    actions = [entry.action for entry in audit.of_subject(f"user:{user_id}")]
    return [action for action in actions if action != "user.signed_in"]


def sessions(harness, user_id):
    return harness.services.users.sessions.of_user(user_id=user_id, now=datetime.now(UTC))


def test_the_departure_carries_state_nonce_and_pkce(sign_on_flow, corp, ada):
    answer, asked = sign_on_flow().begin()
    assert asked["response_type"] == "code"
    assert asked["redirect_uri"] == BACK
    assert asked["client_id"] == CLIENT_ID
    assert asked["scope"] == "openid email profile"
    assert asked["code_challenge_method"] == "S256"
    assert len({asked["state"], asked["nonce"], asked["code_challenge"]}) == 3
    assert asked["nonce"] not in answer.note
    sign_on_flow().complete(answer)
    (sent,) = [form for path, form in corp.asked if path == "/token"]
    digest = sha256(sent["code_verifier"].encode()).digest()
    assert base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == asked["code_challenge"]
    assert sent["redirect_uri"] == BACK
    assert base64.b64decode(sent["authorization"].split()[1]).decode() == f"{CLIENT_ID}:{SECRET}"


def test_who_comes_the_first_time_gets_an_account_and_finds_it_again(harness, sign_on_flow, ada):
    first = sign_on_flow().visit()
    assert isinstance(first, SignedIn)
    assert (first.user.name, first.user.email, first.user.role_id) == ("Ada Corp", ada, "customer")
    stored = user_table.find(first.user.user_id)
    assert stored.verified_at is not None
    assert stored.password_hash is None
    assert audited_actions(stored.user_id) == ["user.created"]
    assert (
        harness.services.users.authentication.actor_for(token=first.token, now=datetime.now(UTC)) is not None
    )
    # The provider renames them: the account is found by its subject.
    again = sign_on_flow().visit(email="renamed@elsewhere.example", email_verified=False)
    assert again.user.user_id == first.user.user_id
    assert audited_actions(stored.user_id) == ["user.created"]


def test_who_comes_from_an_organizations_domain_belongs_to_it(harness, sign_on_flow, ada):
    organization = harness.services.users.organizations.save(
        actor=SYSTEM, now=harness.now(), id_=None, name="Corp", active=True, shares_tickets=True,
        domains=["corp.example"], expected_version=0,
    )  # fmt: skip
    user = user_table.find(sign_on_flow().visit().user.user_id)
    harness.services.users.organizations.save(
        actor=SYSTEM, now=harness.now(), id_=organization.id, name="Corp", active=False, shares_tickets=False,
        domains=[], expected_version=organization.version,
    )  # fmt: skip
    assert user.organization_id == organization.id


def test_groups_decide_the_role_at_each_sign_in(harness, sign_on_flow, ada):
    roles = (("helpdesk-admins", "administrator"), ("helpdesk", "agent"))
    first = sign_on_flow(roles=roles).visit(groups=["people", "helpdesk"])
    assert first.user.role_id == "agent"
    promoted = sign_on_flow(roles=roles).visit(groups=["helpdesk", "helpdesk-admins"])
    assert promoted.user.role_id == "administrator"
    assert audited_actions(first.user.user_id) == ["user.created", "user.changed"]
    now = datetime.now(UTC)
    assert harness.services.users.authentication.actor_for(token=first.token, now=now) is None
    assert (
        harness.services.users.authentication.actor_for(token=promoted.token, now=now).role_id
        == "administrator"
    )
    unchanged = sign_on_flow(roles=roles).visit(groups="helpdesk")
    assert unchanged.user.role_id == "administrator", "the last one stays"
    harness.services.users.accounts.create(
        actor=SYSTEM, now=harness.now(), name="Another", email=f"{uuid.uuid4().hex}@example.org",
        role_id="administrator", password="violet tractor under snowfall",
    )  # fmt: skip
    demoted = sign_on_flow(roles=roles).visit(groups="helpdesk")
    assert demoted.user.role_id == "agent"
    assert len(sessions(harness, first.user.user_id)) == 1
    assert sign_on_flow(roles=roles).visit(groups=[]).user.role_id == "agent", "no group says nothing"


def test_where_groups_are_asked_for_who_left_them_stays_out(sign_on_flow, ada):
    closed = {"roles": (("helpdesk", "agent"),), "default_role": ""}
    with pytest.raises(SignOnRefused):
        sign_on_flow(**closed).visit()
    assert user_table.find_by_email(ada) is None
    sign_on_flow(**closed).visit(groups=["helpdesk"])
    with pytest.raises(SignOnRefused):
        sign_on_flow(**closed).visit(groups=["sales"])


def test_a_role_that_does_not_exist_gives_nothing(sign_on_flow, corp, ada):
    missing = {"roles": (("helpdesk", "no-such-role"),)}
    with pytest.raises(SignOnRefused):
        sign_on_flow(**missing).visit(groups=["helpdesk"])
    assert sign_on_flow().visit(groups=None).user.role_id == "customer"
    assert sign_on_flow(**missing).visit(groups=["helpdesk"]).user.role_id == "customer"


def test_a_nested_claim_and_what_only_userinfo_tells(sign_on_flow, corp, ada):
    settings = {"role_claim": "realm_access.roles", "roles": (("helpdesk", "agent"),)}
    corp.userinfo = {
        "sub": corp.claims["sub"], "email": ada, "email_verified": True,
        "realm_access": {"roles": ["helpdesk"]},
    }  # fmt: skip
    signed_in = sign_on_flow(**settings).visit(email=None, email_verified=None)
    assert (signed_in.user.email, signed_in.user.role_id) == (ada, "agent")
    corp.userinfo["sub"] = "somebody else"
    with pytest.raises(SignOnInvalid):
        sign_on_flow(**settings).visit(email=None)


def test_a_confirmed_account_with_the_address_is_linked(harness, sign_on_flow, ada):
    here = account(ada, password_hash="stays")
    signed_in = sign_on_flow().visit(email=ada.upper())
    assert signed_in.user.user_id == here.user_id
    assert signed_in.user.name == "Ada Here"
    assert user_table.find(here.user_id).password_hash == "stays"
    assert audited_actions(here.user_id) == ["user.linked"]
    assert sign_on_flow().visit().user.user_id == here.user_id


@pytest.mark.parametrize(
    ("here", "claims"),
    [
        pytest.param({"verified": False}, {}, id="address never confirmed here"),
        pytest.param({"role": "agent"}, {}, id="higher role"),
        pytest.param({"role": "manager"}, {"groups": ["helpdesk"]}, id="role above the mapped one"),
        pytest.param({}, {"email_verified": False}, id="not verified by the provider"),
        pytest.param({}, {"email_verified": "yes"}, id="verified in other words"),
        pytest.param({}, {"email_verified": None}, id="nothing said about verification"),
        pytest.param({}, {"email": None}, id="no address"),
        pytest.param({"active": False}, {}, id="suspended"),
    ],
)
def test_an_account_is_not_taken_over(harness, sign_on_flow, ada, here, claims):
    item = account(ada, **here)
    before = user_table.find(item.user_id).serialize()
    with pytest.raises(SignOnRefused):
        sign_on_flow(roles=(("helpdesk", "agent"),)).visit(**claims)
    assert user_table.find(item.user_id).serialize() == before
    assert sessions(harness, item.user_id) == []
    assert audited_actions(item.user_id) == []
    assert identity.find(f"corp|{ada.partition('@')[0]}") is None


def test_a_mapped_role_opens_the_way_to_an_account_with_that_role(sign_on_flow, ada):
    here = account(ada, role="agent")
    signed_in = sign_on_flow(roles=(("helpdesk", "agent"),)).visit(groups=["helpdesk"])
    assert (signed_in.user.user_id, signed_in.user.role_id) == (here.user_id, "agent")


@pytest.mark.parametrize(
    ("domains", "email", "comes_in"),
    [
        ({"corp.example"}, "{}@corp.example", True),
        ({"corp.example"}, "{}@CORP.EXAMPLE", True),
        ({"*"}, "{}@anywhere.example", True),
        ({"corp.example"}, "{}@sub.corp.example", False),
        ({"corp.example"}, "{}@evilcorp.example", False),
        ({"corp.example"}, "{}@corp.example.evil.example", False),
        ({"corp.example"}, "{}@evil.example@corp.example", False),
    ],
)
def test_a_provider_vouches_for_its_domains_alone(sign_on_flow, ada, domains, email, comes_in):
    email = email.format(uuid.uuid4().hex)
    flow = sign_on_flow(domains=frozenset(domains))
    if comes_in:
        assert flow.visit(email=email).user.email == email.casefold()
    else:
        with pytest.raises(SignOnRefused):
            flow.visit(email=email)


def test_who_is_suspended_stays_out(harness, sign_on_flow, ada):
    signed_in = sign_on_flow().visit()
    harness.services.users.accounts.update(
        actor=SYSTEM, now=datetime.now(UTC), user_id=signed_in.user.user_id, expected_version=signed_in.user.version,
        name=signed_in.user.name, email=ada, role_id="customer", active=False, team_ids=(),
    )  # fmt: skip
    with pytest.raises(SignOnRefused):
        sign_on_flow().visit()
    assert sessions(harness, signed_in.user.user_id) == []


def test_a_second_factor_of_this_desk_is_asked_for(harness, sign_on_flow, ada):
    signed_in, factor, now = sign_on_flow().visit(), harness.services.users.second_factor, datetime.now(UTC)
    actor = harness.services.users.authentication.actor_for(token=signed_in.token, now=now)
    enrolment = factor.begin(actor)
    secret = enrolment.key.replace(" ", "")
    codes = factor.confirm(actor=actor, token=enrolment.token, code=pyotp.TOTP(secret).at(now), now=now)
    asked = sign_on_flow().visit()
    assert isinstance(asked, CodeNeeded)
    done = harness.services.users.authentication.finish_sign_in(
        token=asked.token, code=codes[0], origin=Origin("192.0.2.77"), now=now
    )
    assert done.user.user_id == signed_in.user.user_id


def test_a_sign_in_proves_no_more_than_what_the_provider_saw(harness, sign_on_flow, ada):
    def has_stepped_up(signed_in):
        now = datetime.now(UTC)
        return harness.services.users.authentication.actor_for(token=signed_in.token, now=now).has_stepped_up(
            now
        )

    an_hour_ago = int(time.time()) - 3600
    assert has_stepped_up(sign_on_flow().visit())
    assert not has_stepped_up(sign_on_flow().visit(auth_time=an_hour_ago))
    assert has_stepped_up(sign_on_flow().visit(auth_time=int(time.time()) - 5))
    assert has_stepped_up(sign_on_flow().visit(auth_time=int(time.time()) + 30)), "a clock that is ahead"
    url = sign_on_flow().sign_on.begin(provider_id="corp", target="", fresh=True).url
    assert parse_qs(urlsplit(url).query)["max_age"] == ["0"]
    assert sign_on_flow().begin()[1]["max_age"] == str(30 * 24 * 3600)


def test_whose_account_comes_from_a_provider_is_sent_no_password(harness, sign_on_flow, ada):
    sign_on_flow().visit()
    now = datetime.now(UTC)
    harness.services.users.own_account.ask_for_reset(email=ada, origin=Origin("192.0.2.78"), now=now)
    harness.services.outbox.deliver_due(now=now)
    assert not [
        item for item in outbox_table.due(now + timedelta(days=1), 50) if item.kind == "account_email"
    ]
    assert user_table.find_by_email(ada).links == {}


def test_two_first_sign_ins_at_once_make_one_account(sign_on_flow, corp, ada):
    flow = sign_on_flow()
    answer, _ = flow.begin()  # the fake forgets no code, so that one departure can come back twice
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(flow.complete, [answer] * 2))
    assert len({signed_in.user.user_id for signed_in, _ in results}) == 1


def other_key_with_the_same_name(corp, claims):
    stranger = ECKey.generate_key("P-256", {"kid": corp.key.kid})
    return jwt.encode({"alg": "ES256", "kid": corp.key.kid}, claims, stranger)


def without_signature(corp, claims):
    def part(value):
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    return f"{part({'alg': 'none'})}.{part(claims)}."


def stripped(corp, claims):
    return corp.signed(claims).rpartition(".")[0] + "."


def by_shared_secret(corp, claims):
    return jwt.encode({"alg": "HS256", "kid": corp.key.kid}, claims, OctKey.import_key(SECRET))


def by_public_key_as_secret(corp, claims):
    secret = OctKey.import_key(json.dumps(corp.key.as_dict(private=False)))
    return jwt.encode({"alg": "HS256", "kid": corp.key.kid}, claims, secret)


def changed_afterwards(corp, claims):
    header, _, signature = corp.signed(claims).split(".")
    body = base64.urlsafe_b64encode(json.dumps({**claims, "sub": "admin"}).encode()).rstrip(b"=").decode()
    return f"{header}.{body}.{signature}"


@pytest.mark.parametrize("forge",
    [
        without_signature, stripped, other_key_with_the_same_name, by_shared_secret, by_public_key_as_secret,
        changed_afterwards, lambda *_: None, lambda *_: "no.token", lambda *_: {"alg": "ES256"},
    ],
    ids=[
        "alg none", "signature stripped", "other key", "client secret as key", "public key as secret",
        "changed afterwards", "none at all", "garbage", "an object",
    ],
)  # fmt: skip
def test_a_forged_token_is_refused(sign_on_flow, corp, ada, forge):
    corp.make_token = lambda claims: forge(corp, claims)
    with pytest.raises(SignOnInvalid):
        sign_on_flow().visit()
    assert user_table.find_by_email(ada) is None


NOW = int(time.time())


@pytest.mark.parametrize("claims",
    [
        {"aud": "another-client"}, {"aud": None}, {"aud": [CLIENT_ID, "another"]},
        {"aud": [CLIENT_ID, "another"], "azp": "another"}, {"azp": "another"}, {"aud": 7},
        {"iss": "https://evil.example"}, {"iss": None}, {"nonce": "of another sign-in"}, {"nonce": None},
        {"nonce": ["x"]}, {"exp": NOW - 3600}, {"exp": None}, {"exp": "tomorrow"}, {"iat": NOW + 3600},
        {"iat": None}, {"nbf": NOW + 3600}, {"sub": None}, {"sub": ""}, {"sub": 7}, {"sub": "x" * 300},
        {"sub": "a\nb"}, {"at_hash": "wrong"},
    ],
    ids=" ".join,  # without the values: some are moments
)  # fmt: skip
def test_a_token_that_is_not_for_this_sign_in_is_refused(sign_on_flow, corp, ada, claims):
    corp.claims |= {name: (NOW + (value - NOW)) if value == NOW else value for name, value in claims.items()}
    with pytest.raises(SignOnInvalid):
        sign_on_flow().visit()
    assert user_table.find_by_email(ada) is None


def test_clocks_may_differ_by_a_minute(sign_on_flow, ada):
    soon = int(time.time())
    assert sign_on_flow().visit(exp=soon - 30, iat=soon + 30).user.email == ada
    with pytest.raises(SignOnInvalid):
        sign_on_flow().visit(exp=soon - 90)


def test_new_keys_are_fetched_when_they_appear_and_old_ones_kept_otherwise(sign_on_flow, corp, ada):
    flow = sign_on_flow()
    flow.visit()
    flow.visit()
    assert [path for path, _ in corp.asked].count("/keys") == 1
    corp.key = RSAKey.generate_key(2048, {"kid": "second", "use": "sig"})
    flow.visit()
    assert [path for path, _ in corp.asked].count("/keys") == 2
    assert [path for path, _ in corp.asked].count("/.well-known/openid-configuration") == 1
    # Keys for other purposes and of kinds nobody knows stand in the way of nothing.
    corp.published = [{"kty": "new"}, {"kty": "RSA", "use": "enc"}, "text", corp.key.as_dict(private=False)]
    corp.key = RSAKey.generate_key(2048, {"kid": "third", "use": "sig"})
    with pytest.raises(SignOnInvalid):
        flow.visit()
    corp.published.append(corp.key.as_dict(private=False))
    assert flow.visit().user.email == ada


def altered(answer, **changes):
    return Answer(**{**vars(answer), **changes})


@pytest.mark.parametrize("changes",
    [
        {"state": "forged"}, {"state": ""}, {"state": "\ud800"}, {"note": ""}, {"note": "forged"},
        {"code": ""}, {"code": "x" * 5000}, {"issuer": "https://evil.example"}, {"issuer": ""},
        {"note": ENCRYPTION.encrypt("[]")},
        {"note": ENCRYPTION.encrypt(json.dumps(["partner", "s", "n", "v", ""])), "state": "s"},
    ],
    ids=[
        "wrong state", "no state", "wild state", "no note", "forged note", "no code", "long code",
        "other issuer", "empty issuer", "empty note", "another provider's note",
    ],
)  # fmt: skip
def test_an_answer_of_another_sign_in_is_refused(sign_on_flow, corp, ada, changes):
    flow = sign_on_flow()
    answer, _ = flow.begin()
    with pytest.raises(SignOnInvalid):
        flow.complete(altered(answer, **changes))
    assert "/token" not in [path for path, _ in corp.asked], "nothing is sent to the provider"
    flow.complete(answer)


def test_an_issuer_that_is_promised_must_come_along(sign_on_flow, corp, ada):
    corp.metadata = {"authorization_response_iss_parameter_supported": True}
    flow = sign_on_flow()
    answer, _ = flow.begin()
    with pytest.raises(SignOnInvalid):
        flow.complete(answer)
    flow.complete(altered(answer, issuer=corp.issuer))


def test_a_note_is_good_for_ten_minutes(sign_on_flow, ada, monkeypatch):
    flow = sign_on_flow()
    answer, _ = flow.begin()
    late = time.time() + 601
    monkeypatch.setattr(time, "time", lambda: late)
    with pytest.raises(SignOnInvalid):
        flow.complete(answer)


def test_a_code_the_provider_refuses_signs_nobody_in(sign_on_flow, corp, ada):
    corp.answer = lambda path: (
        (400, {"error": "invalid_grant"}) if path == "/token" else Fake.answer(corp, path)
    )
    with pytest.raises(SignOnInvalid):
        sign_on_flow().visit()


@pytest.mark.parametrize(("path", "status"),
    [
        ("/.well-known/openid-configuration", 302), ("/.well-known/openid-configuration", 404),
        ("/.well-known/openid-configuration", 500), ("/token", 500), ("/token", 404), ("/keys", 503),
        ("/keys", 302),
    ],
)  # fmt: skip
def test_a_provider_in_trouble_changes_nothing(sign_on_flow, corp, ada, path, status):
    flow = sign_on_flow()
    corp.statuses = {path: status}
    with pytest.raises((ProviderUnavailable, SignOnInvalid)):
        flow.visit()
    assert user_table.find_by_email(ada) is None


def test_a_silent_provider_is_left_after_a_moment_and_then_alone(sign_on_flow, corp, monkeypatch):
    monkeypatch.setattr(openid, "TIMEOUT", 0.2)
    corp.answer = lambda _: time.sleep(0.6) or (200, {})
    flow = sign_on_flow()
    with ThreadPoolExecutor(4) as pool:
        waiting = [pool.submit(flow.begin) for _ in range(4)]
    assert all(isinstance(one.exception(), ProviderUnavailable) for one in waiting)
    assert len(corp.asked) == 1


def test_a_discovery_of_another_issuer_is_not_believed(sign_on_flow, corp):
    corp.metadata = {"issuer": "https://evil.example"}
    with pytest.raises(SignOnInvalid):
        sign_on_flow().begin()
    corp.metadata = {"token_endpoint": "file:///etc/passwd"}
    with pytest.raises(SignOnInvalid):
        sign_on_flow().begin()


def test_an_unknown_provider_is_not_there(sign_on_flow):
    with pytest.raises(NotFound):
        sign_on_flow().sign_on.begin(provider_id="nobody", target="")


def test_a_provider_whose_addresses_are_verified_need_not_say_so(sign_on_flow, corp, ada):
    """Entra ID with one tenant sends no email_verified: a setting says that its addresses are verified."""
    with pytest.raises(SignOnRefused):
        sign_on_flow(default_role="customer").visit(email_verified=None)
    flow = sign_on_flow(default_role="customer", addresses_verified=True)
    signed_in = flow.visit(email_verified=None)
    assert user_table.find(signed_in.user.user_id).email == ada


@pytest.mark.parametrize(
    "claims",
    [
        {"email_verified": False},
        {"email_verified": "false"},
        {"email_verified": None, "email": "ada@other.example"},
    ],
)
def test_a_provider_whose_addresses_are_verified_can_still_say_no(sign_on_flow, corp, ada, claims):
    """It knows better about one address, and it is trusted in its domains alone."""
    with pytest.raises(SignOnRefused, match="did not confirm an email address"):
        sign_on_flow(default_role="customer", addresses_verified=True).visit(**claims)


def test_the_login_throttle_counts_forgeries_and_not_what_nobody_is_to_blame_for(sign_on_flow, corp, ada):
    flow = sign_on_flow()
    good, _ = flow.begin()
    for _ in range(OF_NETWORK.free + 5):
        with pytest.raises(SignOnFailed, match="cancelled"):
            flow.complete(altered(good, error="access_denied"))
    for number in range(OF_NETWORK.free):
        with pytest.raises(SignOnInvalid):
            flow.complete(altered(good, note=f"forged {number}"))
    with pytest.raises(Throttled):
        flow.complete(good)
    flow.origin = Origin("203.0.113.200")
    flow.complete(good)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
CLAIMS = (
    "auth_time",
    "sub",
    "name",
    "given_name",
    "family_name",
    "preferred_username",
    "email",
    "email_verified",
    "groups",
    "a",
)
ANY_CLAIMS = st.dictionaries(st.sampled_from(CLAIMS), ANYTHING)


@given(ANY_CLAIMS, st.sampled_from(["groups", "a.b", "a", ""]))
def test_whatever_a_provider_says_is_read_or_refused(claims, role_claim):
    provider = Provider("corp", "Corp", "https://corp.example", "id", "secret", frozenset(), role_claim)
    try:
        identity = provider.read(claims)
    except ValueError:
        return
    assert identity.subject == claims["sub"]
    assert len(identity.name) <= 100
    assert all(isinstance(group, str) for group in identity.groups)
    assert identity.email is None or normalize_email(identity.email) == identity.email
