"""Whatever goes wrong, models raise errors of their own: PynamoDB's and botocore's never leave them."""

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, NoCredentialsError, ReadTimeoutError

import models
from dynamodb_client import client
from models import (
    api_token,
    assignment,
    attempt,
    audit,
    counter,
    expiry,
    idempotency_key,
    identity,
    index_upgrade,
    items,
    job,
    lease,
    ledger,
    migration,
    optimistic_locks,
    outbox,
    redaction,
    role,
    session,
    setting,
    sweep,
    ticket,
    ticket_history,
    transaction,
    user,
)  # fmt: skip
from models.store_errors import Cancelled, EngineUnavailable, StoreError
from models.ticket import Ticket
from models.ticket_history import TicketHistory
from models.transaction import Delete, Put, Update

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
TEAM = models.Setting(kind="team", id="a", value={"name": "A"})
USED_KEY = models.IdempotencyKey(key="k", claimed_by="w", expires_at=NOW)
TOKEN = models.ApiToken(token_hash="t", user_id="u", name="n", created_at=NOW)
COUNT = models.Attempt(key="k", failures=1, last_at=NOW, expires_at=NOW)
SESSION = models.Session(
    token_hash="t", user_id="u", created_at=NOW, seen_at=NOW, ends_at=NOW, expires_at=NOW
)
EVENT = models.AuditEntry(entry_key="k", at=NOW, actor_id="a", action="x", subject="s")
EMAIL = outbox.entry("kind", {}, due=NOW, id_="1")
ROLE = models.Role(role_id="r", name="R")
JOB = job.new("erasure", "u", version=2, value={}, started_at=NOW, done=False)
STORED = sweep.Stored(models.Setting, {"kind": {"S": "k"}, "id": {"S": "i"}}, {"a": "b"}, {"a": {"S": "b"}})


def a_user():
    return models.User(
        user_id="u", name="N", sort_name="n", email="n@example.org", role_id="r", created_at=NOW
    )


def a_ticket():
    return Ticket(
        ticket_id=1, version=2, subject="S", status="open", priority="low", created_at=NOW, updated_at=NOW,
        state_key="open#0", state_at="open#",
    )  # fmt: skip


def a_change():
    return TicketHistory(
        ticket_id=1, version=2, at=NOW, actor_id="a", actor_kind="agent", kind="changed", public=False,
        body="B", changes={}, state={}, write_id="w", feed="f", feed_at="f",
    )  # fmt: skip


CALLS = {
    api_token.find: lambda: api_token.find("t"),
    api_token.add: lambda: api_token.add(TOKEN, [EVENT]),
    api_token.delete: lambda: api_token.delete("t"),
    api_token.delete_of_user: lambda: api_token.delete_of_user("u"),
    api_token.of_user: lambda: api_token.of_user("u"),
    api_token.touch: lambda: api_token.touch("t", NOW),
    api_token.expired: lambda: api_token.expired(NOW, 10),
    assignment.of_ticket: lambda: assignment.of_ticket(1),
    assignment.of_agent: lambda: assignment.of_agent("a"),
    attempt.find_many: lambda: attempt.find_many(["k"]),
    attempt.take_free: lambda: attempt.take_free("k", free=5, now=NOW, expires_at=NOW),
    attempt.take_turn: lambda: attempt.take_turn(COUNT, failures=1, now=NOW, expires_at=NOW),
    attempt.give_back: lambda: attempt.give_back("k"),
    attempt.count: lambda: attempt.count("k", by=1, now=NOW, expires_at=NOW),
    attempt.forget: lambda: attempt.forget("k"),
    attempt.forget_prefix: lambda: attempt.forget_prefix("k"),
    attempt.sweep: lambda: attempt.sweep(NOW, 10),
    audit.add: lambda: audit.add(EVENT),
    audit.of_subject: lambda: audit.of_subject("s"),
    audit.of_actor: lambda: audit.of_actor("a"),
    counter.next_number: lambda: counter.next_number("tickets"),
    counter.reserve: lambda: counter.reserve("tickets", 2, lambda _: TEAM),
    idempotency_key.find: lambda: idempotency_key.find("k"),
    idempotency_key.is_used: lambda: idempotency_key.is_used("k"),
    idempotency_key.claim: lambda: idempotency_key.claim(USED_KEY, NOW),
    idempotency_key.record: lambda: idempotency_key.record(USED_KEY),
    idempotency_key.release: lambda: idempotency_key.release("k", "w"),
    idempotency_key.sweep: lambda: idempotency_key.sweep(NOW, 10),
    identity.find: lambda: identity.find("corp|1"),
    identity.add: lambda: identity.add(a_user(), "corp|1", [EVENT]),
    identity.link: lambda: identity.link(a_user(), "corp|1", [EVENT]),
    items.find: lambda: items.find(models.Role, "r"),
    job.find: lambda: job.find("erasure", "u"),
    job.running: lambda: job.running("erasure"),
    job.put_all: lambda: job.put_all([JOB]),
    job.find_parts: lambda: job.find_parts(JOB, "s", [0]),
    job.sweep: lambda: job.sweep(NOW, 10),
    job.put: lambda: job.put(JOB, expected_version=1),
    lease.acquire: lambda: lease.acquire("n", "h", now=NOW, until=NOW),
    ledger.write: lambda: ledger.write(ledger.Commit(a_ticket(), 1, [a_change()])),
    ledger.is_written: lambda: ledger.is_written(1, 1, "w"),
    migration.is_pending: migration.is_pending,
    migration.migrate: lambda: migration.migrate(now=NOW),
    models.create_tables: models.create_tables,
    models.missing_tables: models.missing_tables,
    models.switch_on_expiry: models.switch_on_expiry,
    expiry.switch_on: lambda: expiry.switch_on(models.TABLES),
    models.upgrade_indexes: models.upgrade_indexes,
    index_upgrade.upgrade_indexes: lambda: index_upgrade.upgrade_indexes(models.TABLES),
    models.delete_tables: models.delete_tables,
    optimistic_locks.read: lambda: optimistic_locks.read("administrators"),
    outbox.put: lambda: outbox.put(EMAIL),
    outbox.due: lambda: outbox.due(NOW, 10),
    outbox.done: lambda: outbox.done(EMAIL),
    outbox.claim: lambda: outbox.claim(EMAIL, now=NOW, until=NOW),
    outbox.reschedule: lambda: outbox.reschedule(EMAIL, until=NOW, error=""),
    outbox.give_up: lambda: outbox.give_up(EMAIL, at=NOW, error=""),
    outbox.again: lambda: outbox.again(EMAIL, now=NOW, also=()),
    outbox.drop: lambda: outbox.drop(EMAIL, also=()),
    outbox.waiting: lambda: outbox.waiting(1),
    outbox.failed: lambda: outbox.failed(1),
    outbox.find_failed: lambda: outbox.find_failed("2026"),
    outbox.failed_before: lambda: outbox.failed_before(NOW, 1),
    outbox.everything: outbox.everything,
    redaction.ledger: lambda: redaction.ledger(a_ticket(), [a_change()], [a_change()]),
    redaction.audit_log_page: lambda: redaction.audit_log_page(None, 10),
    redaction.audit_entry: lambda: redaction.audit_entry(EVENT, subject="s", changes={}, address=None),
    role.find: lambda: role.find("r"),
    role.everything: role.everything,
    role.update_built_in: lambda: role.update_built_in("r", "R", {}),
    role.put: lambda: role.put(ROLE, expected_version=0),
    session.find: lambda: session.find("t"),
    session.put: lambda: session.put(SESSION),
    session.update: lambda: session.update("t", seen_at=NOW),
    session.delete: lambda: session.delete("t"),
    session.of_user: lambda: session.of_user("u"),
    session.find_many: lambda: session.find_many(["t"]),
    session.expired: lambda: session.expired(NOW, 10),
    setting.of_kind: lambda: setting.of_kind("team"),
    setting.find: lambda: setting.find("team", "a"),
    setting.find_many: lambda: setting.find_many([("team", "a")]),
    setting.put: lambda: setting.put(TEAM, expected_version=0),
    sweep.page: lambda: sweep.page(models.Setting, None, 10),
    sweep.rewrite: lambda: sweep.rewrite(STORED, {"a": "c"}),
    sweep.remove: lambda: sweep.remove(STORED),
    ticket.find: lambda: ticket.find(1),
    ticket.find_many: lambda: ticket.find_many([1]),
    ticket.of_requester: lambda: ticket.of_requester("u"),
    ticket.count_of_requester: lambda: ticket.count_of_requester("u", 10),
    ticket.count_open_of_assignee: lambda: ticket.count_open_of_assignee("u", 10),
    ticket.all_ids: ticket.all_ids,
    ticket_history.of_ticket: lambda: ticket_history.of_ticket(1),
    ticket_history.find_all: lambda: ticket_history.find_all([(1, 1)]),
    ticket_history.recorded_in_order: lambda: list(ticket_history.recorded_in_order("2026-11-22", NOW, 1)),
    ticket_history.latest_keys: lambda: ticket_history.latest_keys(NOW.date(), 1),
    ticket_history.find: lambda: ticket_history.find(1, 1),
    ticket_history.recorded_since: lambda: ticket_history.recorded_since(NOW, NOW, 1),
    ticket_history.everything: ticket_history.everything,
    transaction.write: lambda: transaction.write(
        Put(TEAM), Delete(EMAIL), Update(ROLE, [models.Role.name.set("x")], models.Role.role_id.exists())
    ),
    transaction.put_version: lambda: transaction.put_version(
        TEAM, models.Setting.id.exists(), [EVENT], lambda: setting.find("team", "a")
    ),
    user.find: lambda: user.find("u"),
    user.find_by_email: lambda: user.find_by_email("n@example.org"),
    user.find_many: lambda: user.find_many(["u"]),
    user.find_by_emails: lambda: user.find_by_emails(["n@example.org"]),
    user.with_second_factor: user.with_second_factor,
    user.accounts_of_role: lambda: user.accounts_of_role("r", 10),
    user.count_of_role: lambda: user.count_of_role("r", 10),
    user.put: lambda: user.put(a_user(), expected_version=1, old_email="old@example.org"),
    user.put_new: lambda: user.put_new([a_user()], print),
    user.of_role: lambda: user.of_role("r"),
    user.named: lambda: user.named("r", "n", 1),
    audit.latest_key: lambda: audit.latest_key("k"),
    audit.since: lambda: audit.since("", ["user.changed"]),
    user.update: lambda: user.update("u", theme="dark"),
    user.update_if: lambda: user.update_if(a_user(), ["email"], theme="dark"),
    user.clear: lambda: user.clear(a_user(), kept_fields={"user_id"}, name="Erased", sort_name="erased"),
    user.others_named: lambda: user.others_named("n", "r", "u"),
}
# Modules that speak to no engine, and functions that only compute.
WITHOUT_ENGINE = {
    "models.audit_listing", "models.store_errors", "models.keys", "models.table_specs", "models.ticket_fields",
    "models.tickets_listing", "models.times", "models.tokens_listing", "models.users_listing",
}  # fmt: skip
COMPUTE = {
    assignment.assignment_key, attempt.counted, audit.entry_key, audit.time_of, idempotency_key.first,
    idempotency_key.unused, identity.identity_key, items.changes, job.first, job.new, job.part, models.connect,
    outbox.entry, setting.first, setting.following, ticket.compose, ticket.is_keyed, ticket.reword, ticket.side,
    ticket.state_partitions, ticket.values_of, ticket_history.feed_keys, transaction.retry_locked, user.claim_email,
}  # fmt: skip


def public_functions():
    names = [f"models.{module.name}" for module in pkgutil.iter_modules(models.__path__)]
    modules = [models, *(importlib.import_module(name) for name in names if name not in WITHOUT_ENGINE)]
    return {
        function
        for module in modules
        for name, function in vars(module).items()
        if inspect.isfunction(function) and function.__module__ == module.__name__ and name[0] != "_"
    }


def test_every_public_function_is_called_here_or_only_computes():
    known = CALLS.keys() | COMPUTE
    assert {f"{each.__module__}.{each.__name__}" for each in known ^ public_functions()} == set()


def refusal(code):
    return ClientError({"Error": {"Code": code, "Message": ""}}, "Operation")


UNCLEAR = {
    "no connection": ConnectTimeoutError(endpoint_url="http://engine"),
    "no answer": ReadTimeoutError(endpoint_url="http://engine"),
    "no credentials": NoCredentialsError(),
    "throttled": refusal("ProvisionedThroughputExceededException"),
    "conflict": refusal("TransactionConflictException"),
    "denied": refusal("AccessDeniedException"),
    "failed": refusal("InternalServerError"),
}
CLEAR = {
    "condition": refusal("ConditionalCheckFailedException"),
    "cancelled": refusal("TransactionCanceledException"),
    "no table": refusal("ResourceNotFoundException"),
}


@pytest.fixture
def raised(moto, monkeypatch):
    """Let every request fail with an error, call every function and map its name to what it raised."""
    del moto

    def call_all(error):
        def fail(*_args, **_kwargs):
            raise error

        monkeypatch.setattr(client(), "_make_api_call", fail)
        return {f"{each.__module__}.{each.__name__}": error_of(call) for each, call in CALLS.items()}

    return call_all


def error_of(call):
    """Run a call to its end and return what it raised; None for an answer."""
    try:
        result = call()
        if isinstance(result, Iterator):
            list(result)
    except Exception as error:
        return error
    return None


@pytest.mark.parametrize("error", UNCLEAR.values(), ids=UNCLEAR)
def test_no_clear_answer_is_an_unavailable_engine(raised, error):
    others = {name: what for name, what in raised(error).items() if type(what) is not EngineUnavailable}
    assert others == {}


@pytest.mark.parametrize("error", CLEAR.values(), ids=CLEAR)
def test_a_refusal_is_an_error_of_models_or_an_answer(raised, error):
    answers = raised(error)
    assert {name: what for name, what in answers.items() if not isinstance(what, StoreError | None)} == {}
    assert not any(isinstance(what, Cancelled) for what in answers.values()), "told as what it means"
    assert any(isinstance(what, StoreError) for what in answers.values())
