"""Secrets change while the product runs: each step twice, no key that a running task would not know."""

import json
import smtplib
from types import SimpleNamespace

import pytest

from cdk.functions.rotation import mail_login, secret_key
from cdk.functions.rotation.versions import CURRENT, PENDING, Versions, restart


class Gone(Exception):
    """What a client raises for something that is not there."""


class Store:
    """Secrets Manager, as far as a rotation asks it."""

    exceptions = SimpleNamespace(ResourceNotFoundException=Gone)

    def __init__(self, value):
        self.values = {"one": json.dumps(value)}
        self.stages = {"one": [CURRENT]}

    def begin(self, token):
        self.stages[token] = [PENDING]

    def get_secret_value(self, **asked):
        stage = asked["VersionStage"]
        version = asked.get("VersionId") or next(v for v, names in self.stages.items() if stage in names)
        if version not in self.values:
            raise Gone
        return {"SecretString": self.values[version]}

    def put_secret_value(self, **asked):
        self.values[asked["ClientRequestToken"]] = asked["SecretString"]
        self.stages[asked["ClientRequestToken"]] = asked["VersionStages"]

    def describe_secret(self, **_asked):
        return {"VersionIdsToStages": self.stages}

    def update_secret_version_stage(self, **asked):
        self.stages[asked["RemoveFromVersionId"]].remove(asked["VersionStage"])
        self.stages[asked["MoveToVersionId"]] = [asked["VersionStage"]]

    def current(self):
        return json.loads(self.get_secret_value(SecretId="s", VersionStage=CURRENT)["SecretString"])


class Ecs:
    """A cluster with the service, or without."""

    exceptions = SimpleNamespace(ServiceNotFoundException=Gone, ClusterNotFoundException=KeyError)

    def __init__(self, there=True):
        self.there, self.asked = there, []

    def update_service(self, **asked):
        if not self.there:
            raise Gone
        self.asked.append(asked)


@pytest.fixture
def cloud(monkeypatch):
    """Put Secrets Manager and ECS where the handlers look for them."""
    store, ecs = Store({"SECRET_KEY": "a" * 64, "SECRET_KEY_FALLBACKS": ""}), Ecs()
    clients = {"secretsmanager": store, "ecs": ecs}
    monkeypatch.setattr(secret_key.boto3, "client", clients.__getitem__)
    for name, value in {"KEEP": "3", "CLUSTER": "c", "SERVICE": "s"}.items():
        monkeypatch.setenv(name, value)
    return store, ecs


def rotate(store, token):
    """Do all steps twice, as Secrets Manager does when an answer is lost."""
    store.begin(token)
    for step in ("createSecret", "setSecret", "testSecret", "finishSecret"):
        for _ in range(2):
            secret_key.handler({"Step": step, "SecretId": "s", "ClientRequestToken": token}, None)


def accepted(value):
    return {value["SECRET_KEY"], *filter(None, value["SECRET_KEY_FALLBACKS"].split(","))}


def test_no_task_meets_a_key_it_does_not_know(cloud):
    store, _ = cloud
    before = store.current()
    for number in range(8):
        rotate(store, f"t{number}")
        after = store.current()
        # Old and new tasks run side by side: each must accept what the other signs.
        assert before["SECRET_KEY"] in accepted(after)
        assert after["SECRET_KEY"] in accepted(before)
        before = after


def test_the_first_rotation_announces_a_key_and_the_second_takes_it(cloud):
    store, _ = cloud
    rotate(store, "t1")
    first = store.current()
    assert first["SECRET_KEY"] == "a" * 64
    rotate(store, "t2")
    second = store.current()
    assert second["SECRET_KEY"] == first["SECRET_KEY_FALLBACKS"]
    assert second["SECRET_KEY_FALLBACKS"].split(",")[1] == "a" * 64


def test_only_so_many_earlier_keys_are_kept(cloud):
    store, _ = cloud
    for number in range(8):
        rotate(store, f"t{number}")
    assert len(accepted(store.current())) == 1 + 1 + 3  # signing, announced, kept
    assert "a" * 64 not in accepted(store.current())


def test_tasks_are_replaced_once_the_new_value_counts(cloud):
    store, ecs = cloud
    rotate(store, "t1")
    assert ecs.asked[0] == {"cluster": "c", "service": "s", "forceNewDeployment": True}


@pytest.mark.parametrize(
    "value",
    [
        {"SECRET_KEY": "a" * 64, "SECRET_KEY_FALLBACKS": ""},
        {"SECRET_KEY": "a" * 64, "SECRET_KEY_FALLBACKS": "short"},
        {"SECRET_KEY": "a" * 64, "SECRET_KEY_FALLBACKS": "a" * 64},
    ],
)
def test_a_value_that_would_harm_is_never_made_current(value):
    with pytest.raises(ValueError, match="keys"):
        secret_key.check(value)


def test_while_the_stack_is_made_there_is_no_service_to_replace(cloud):
    restart(Ecs(there=False))


def test_a_step_that_was_done_before_is_not_done_again():
    store = Store({"n": "1"})
    store.begin("t")
    versions = Versions(store=store, secret="s", token="t")
    versions.create(lambda _: {"n": "2"})
    versions.create(lambda _: {"n": "3"})
    versions.finish()
    versions.finish()
    assert store.current() == {"n": "2"}


class Iam:
    """A user with access keys, of which there may be two."""

    def __init__(self, *ids):
        self.ids = list(ids)

    def list_access_keys(self, **_asked):
        return {"AccessKeyMetadata": [{"AccessKeyId": id_} for id_ in self.ids]}

    def delete_access_key(self, **asked):
        self.ids.remove(asked["AccessKeyId"])

    def create_access_key(self, **_asked):
        assert len(self.ids) < 2, "a user has at most two keys"
        self.ids.append("new")
        return {"AccessKey": {"AccessKeyId": "new", "SecretAccessKey": "secret"}}


@pytest.mark.parametrize("there", [(), ("used",), ("before", "used"), ("used", "left by a failed try")])
def test_the_login_in_use_stays_good_until_the_next_change(monkeypatch, there):
    monkeypatch.setenv("MAIL_USER", "ledgerdesk-mail")
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    iam = Iam(*there)
    login = mail_login.new_login(iam, {"SMTP_USERNAME": "used", "SMTP_PASSWORD": "x"})
    assert login["SMTP_USERNAME"] == "new"
    assert set(iam.ids) == ({"used", "new"} if "used" in there else {"new"})


@pytest.mark.parametrize(
    ("secret", "region", "password"),
    [
        ("some+secret+key", "eu-central-1", "BMXhUYlu5Z3gSXVQORxlVa7XPaz91aGWdfHxvkOZdWZ2"),
        ("another+secret+key", "eu-central-1", "BBbphbrQmrKMx42d1N6+C7VINYEBGI5v9VsZeTxwskfh"),
        ("some+secret+key", "us-west-1", "BH+jbMzper5WwlwUar9E1ySBqHa9whi0GPo+sJ0mVYJj"),
    ],
)
def test_the_mail_password_is_the_one_that_ses_takes(secret, region, password):
    # Pairs that are known to sign in, from the tests of others who derive it.
    assert mail_login.smtp_password(secret, region=region) == password


class Server:
    """A mail server that knows the login after so many tries."""

    def __init__(self, refusals):
        self.refusals, self.encrypted = refusals, False

    def __call__(self, *_where, **_how):
        return self

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None

    def starttls(self, **_how):
        self.encrypted = True

    def login(self, *_login):
        assert self.encrypted
        self.refusals -= 1
        if self.refusals >= 0:
            raise smtplib.SMTPAuthenticationError(535, b"not yet")


@pytest.mark.parametrize(("refusals", "works"), [(0, True), (9, True), (10, False)])
def test_a_new_login_is_tried_until_it_is_known_everywhere(monkeypatch, refusals, works):
    monkeypatch.setenv("SMTP_HOST", "mail.example.org")
    monkeypatch.setattr(mail_login.smtplib, "SMTP", Server(refusals))
    waits = []
    login = {"SMTP_USERNAME": "new", "SMTP_PASSWORD": "p"}
    if works:
        mail_login.sign_in(login, pause=waits.append)
        assert len(waits) == refusals
    else:
        with pytest.raises(smtplib.SMTPAuthenticationError):
            mail_login.sign_in(login, pause=waits.append)
