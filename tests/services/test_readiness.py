"""Readiness: a moment old at most, and nobody queues for an engine that hangs."""

import threading
from dataclasses import replace

import pytest

import models
from models.role import Role
from services.readiness import FRESH, NOT_SET_UP, UNREACHABLE, Readiness, StoreLook
from tests.patience import PATIENCE


class Store:
    """A store that a test breaks, counting who looks; `gate` closed keeps them waiting."""

    def __init__(self):
        self.seconds, self.looked, self.obstacle = 0.0, 0, ""
        self.gate, self.asked = threading.Event(), threading.Event()
        self.gate.set()
        self.readiness = Readiness(self.look, lambda: self.seconds)

    def look(self):
        self.looked += 1
        self.asked.set()
        assert self.gate.wait(PATIENCE)
        return self.obstacle


@pytest.fixture
def store():
    return Store()


def test_an_answer_is_good_for_a_moment(store):
    assert [store.readiness.obstacle() for _ in range(3)] == [""] * 3
    assert store.looked == 1
    store.obstacle, store.seconds = UNREACHABLE, FRESH / 2
    assert store.readiness.obstacle() == ""
    store.seconds = FRESH
    assert store.readiness.obstacle() == UNREACHABLE
    assert store.looked == 2


def test_nobody_waits_behind_somebody_who_looks(store):
    assert store.readiness.obstacle() == ""
    store.seconds, store.obstacle = 10.0, UNREACHABLE
    store.gate.clear()
    store.asked.clear()
    looking = threading.Thread(target=store.readiness.obstacle)
    looking.start()
    assert store.asked.wait(PATIENCE)
    assert store.readiness.obstacle() == "", "what was true before"
    store.gate.set()
    looking.join()
    assert store.readiness.obstacle() == UNREACHABLE
    assert store.looked == 2


def test_before_the_first_answer_nothing_is_ready(store):
    store.gate.clear()
    looking = threading.Thread(target=store.readiness.obstacle)
    looking.start()
    assert store.asked.wait(PATIENCE)
    assert store.readiness.obstacle() != ""
    store.gate.set()
    looking.join()


def test_tables_and_roles_are_asked_for(tables):
    look = StoreLook()
    assert look() == NOT_SET_UP, "the roles are missing"
    Role(role_id="customer", name="Customer", permissions={}).save()
    assert look() == ""
    models.TABLES[-1].delete_table()
    assert StoreLook()() == NOT_SET_UP
    assert look() == "", "tables that were seen are not asked for again"
    models.create_tables()


def test_an_engine_out_of_reach_is_named(tables):
    models.connect(replace(tables, endpoint="http://127.0.0.1:1", max_attempts=1))
    assert StoreLook()() == UNREACHABLE
    models.connect(tables)
