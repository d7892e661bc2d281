"""Transactions: which condition decides, what is tried again, and what each answer of DynamoDB means."""

import pytest
from pynamodb.exceptions import CancellationReason, TransactWriteError, VerboseClientError

from local.settings import ROOT
from models import transaction
from models.setting import Setting
from models.store_errors import EngineUnavailable, StoreError, VersionMoved
from models.transaction import ATTEMPTS, Delete, LockMoved, OptimisticLock, Put, Update

CONDITION, CONFLICT, THROTTLED = "ConditionalCheckFailed", "TransactionConflict", "ThrottlingError"


class PutRefused(StoreError):
    pass


class DeleteRefused(StoreError):
    pass


class UpdateRefused(StoreError):
    pass


def item(id_, **values):
    return Setting(kind="k", id=id_, value=values)


def ids():
    return [each.id for each in Setting.query("k")]


ABSENT, PRESENT = Setting.id.does_not_exist(), Setting.id.exists()


def update(id_, refused=VersionMoved):
    return Update(item(id_), [Setting.version.set(9)], PRESENT, refused=refused)


@pytest.fixture
def answers(monkeypatch):
    """Script how DynamoDB cancels the next transactions; yields what is left."""
    script, send = [], transaction.TransactWrite._commit

    def commit(self):
        if not script:
            return send(self)
        reasons = [CancellationReason(code=code) if code else None for code in script.pop(0)]
        response = {"Error": {"Code": "TransactionCanceledException"}}
        cause = VerboseClientError(response, "TransactWriteItems", cancellation_reasons=reasons)
        raise TransactWriteError("cancelled", cause)

    monkeypatch.setattr(transaction.TransactWrite, "_commit", commit)
    return script


@pytest.mark.usefixtures("moto")
class TestOnMoto:
    def test_all_is_written_together(self):
        item("old").save()
        item("changed").save()
        transaction.write(
            update("changed"), Delete(item("old")), Put(item("new"), ABSENT), also=[item("also")]
        )
        assert ids() == ["also", "changed", "new"]
        assert Setting.get("k", "changed").version == 9

    @pytest.mark.parametrize("order", [(0, 1, 2), (1, 2, 0), (2, 0, 1)])
    def test_the_first_that_does_not_hold_decides(self, order):
        """Whatever the order in which PynamoDB sends them: deletes, puts, updates."""
        item("there").save()
        writes = [
            Put(item("there"), ABSENT, refused=PutRefused),
            Delete(item("gone"), PRESENT, refused=DeleteRefused),
            update("missing", refused=UpdateRefused),
        ]
        with pytest.raises((PutRefused, DeleteRefused, UpdateRefused)) as raised:
            transaction.write(*(writes[index] for index in order), also=[item("also")])
        assert raised.type is writes[order[0]].refused
        assert ids() == ["there"]

    @pytest.mark.parametrize("kind", [Put, Delete, Update])
    def test_each_kind_is_told_apart(self, kind):
        item("there").save()
        writes = {
            Put: Put(item("there"), ABSENT, refused=PutRefused),
            Delete: Delete(item("gone"), PRESENT, refused=DeleteRefused),
            Update: update("missing", refused=UpdateRefused),
        }
        holding = [Put(item("a"), ABSENT), Delete(item("b")), update("there")]
        if kind is Put:  # no item may be written twice in one transaction
            holding = holding[:2]
        with pytest.raises(writes[kind].refused):
            transaction.write(*holding, writes[kind])
        assert ids() == ["there"]

    def test_a_lock_that_moved_is_told_apart(self):
        item("lock").save()
        with pytest.raises(LockMoved):
            transaction.write(Put(item("new"), ABSENT), also=[OptimisticLock(item("lock"), ABSENT)])
        assert ids() == ["lock"]

    def test_a_version_is_written_alone_or_with_others(self):
        def put(version, also=(), expected=0, **values):
            new = Setting(kind="k", id="x", version=version, value=values)
            unmoved = Setting.version == expected if expected else ABSENT
            transaction.put_version(new, unmoved, also, lambda: Setting.get("k", "x"))

        put(1)
        put(1)  # its own write, met again
        put(2, [item("also")], 1, name="A")
        put(2, [item("also")], 1, name="A")
        with pytest.raises(VersionMoved):
            put(2, [], 1, name="B")
        with pytest.raises(VersionMoved):
            put(2, [item("more")], 1, name="B")
        assert ids() == ["also", "x"]

    def test_a_lock_that_moved_is_never_taken_for_its_own_write(self):
        new = item("x")
        new.save()
        lock = OptimisticLock(item("lock"), PRESENT)
        with pytest.raises(LockMoved):
            transaction.put_version(new, Setting.version == 1, [lock], lambda: Setting.get("k", "x"))


@pytest.mark.usefixtures("moto")
class TestAnswers:
    def test_a_conflict_is_tried_again(self, answers):
        answers += [[None, CONFLICT]] * (ATTEMPTS - 1)
        transaction.write(Put(item("a")), Put(item("b")))
        assert answers == []
        assert ids() == ["a", "b"]

    def test_a_conflict_that_does_not_end_is_reported(self, answers):
        answers += [[CONFLICT]] * ATTEMPTS
        with pytest.raises(EngineUnavailable):
            transaction.write(Put(item("a")))
        assert answers == []
        assert ids() == []

    def test_without_retry_a_conflict_means_that_it_moved(self, answers):
        answers.append([CONFLICT])
        with pytest.raises(VersionMoved):
            transaction.write(Put(item("a")), retry=False)
        assert ids() == []

    def test_a_condition_counts_more_than_a_conflict(self, answers):
        answers.append([CONFLICT, CONDITION])
        with pytest.raises(UpdateRefused):
            transaction.write(update("u", refused=UpdateRefused), Put(item("p")))
        answers.append([CONDITION, CONFLICT])
        with pytest.raises(PutRefused):
            transaction.write(update("u"), Put(item("p"), ABSENT, refused=PutRefused))

    @pytest.mark.parametrize("codes", [[THROTTLED, None], [], [None, "ProvisionedThroughputExceeded"]])
    def test_anything_else_is_no_clear_answer(self, answers, codes):
        answers.append(codes)
        with pytest.raises(EngineUnavailable):
            transaction.write(Put(item("a")), Put(item("b")))
        assert ids() == []

    def test_a_condition_of_an_item_that_was_not_sent_is_not_lost(self, answers):
        answers.append([None, None, CONDITION])
        with pytest.raises(VersionMoved):
            transaction.write(Put(item("a"), refused=PutRefused))


class TestLocked:
    def test_a_write_is_repeated_until_nobody_was_faster(self):
        tried = []

        def write():
            tried.append(1)
            if len(tried) < 3:
                raise LockMoved

        transaction.retry_locked(write)
        assert len(tried) == 3

    def test_an_end_is_made_of_it(self):
        tried = []

        def write():
            tried.append(1)
            raise LockMoved

        with pytest.raises(EngineUnavailable):
            transaction.retry_locked(write)
        assert len(tried) == transaction.LOCK_ATTEMPTS

    def test_another_version_is_the_callers_own_matter(self):
        def write():
            raise VersionMoved

        with pytest.raises(VersionMoved):
            transaction.retry_locked(write)


def test_one_place_alone_makes_transactions():
    packages = ("models", "services", "portal", "local", "bench")
    sources = [path for package in packages for path in (ROOT / package).rglob("*.py")]
    makers = [path.relative_to(ROOT) for path in sources if "TransactWrite(" in path.read_text("utf-8")]
    assert [str(path) for path in makers] == ["models/transaction.py"]
