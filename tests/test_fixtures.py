"""The ground other tests stand on: fixtures do what they promise."""

import socket

import pytest

import models
from models import UserEmail
from tests.writes import recorded


def write_and_read() -> str:
    """Write an item through the models and read it back."""
    UserEmail(email="someone@example.com", user_id="u1").save()
    return UserEmail.get("someone@example.com").user_id


def test_connections_to_other_machines_are_refused():
    with socket.socket() as outward, pytest.raises(pytest.fail.Exception, match=r"connect to 192\.0\.2\.1"):
        outward.connect(("192.0.2.1", 80))


def test_connections_to_this_machine_are_allowed():
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket() as client:
        client.connect(server.getsockname())


def test_the_tables_are_real_and_one_s_own(tables):
    assert models.create_tables() == []
    assert write_and_read() == "u1"
    assert UserEmail.Meta.table_name.startswith(tables.prefix)


def test_every_write_is_recorded_and_nothing_else(tables):
    with recorded() as writes:
        assert write_and_read() == "u1"
        UserEmail.get("someone@example.com").update(actions=[UserEmail.user_id.set("u2")])
        with UserEmail.batch_write() as batch:
            batch.delete(UserEmail(email="someone@example.com"))
    write_and_read()
    assert [write.split()[0] for write in writes] == ["PutItem", "UpdateItem", "BatchWriteItem"]
    assert {write.split()[1] for write in writes} == {UserEmail.Meta.table_name.removeprefix(tables.prefix)}


def test_moto_serves_the_same_models(moto):
    assert models.create_tables() == []
    assert write_and_read() == "u1"


def test_the_browser_runs_scripts(browser):
    page = browser.new_page()
    assert page.evaluate("document.documentElement.lang + navigator.language") != ""
    page.close()
