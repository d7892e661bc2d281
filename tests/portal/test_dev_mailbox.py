"""The mailbox of development: for the machine that runs it alone."""

import pytest

ALLOWED = ("localhost", "localhost:8080", "127.0.0.1:8080", "127.0.0.2", "[::1]:8080", "desk.localhost")
REFUSED = (
    "evil.example",
    "evil.example:8080",
    "192.168.1.5",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "",
)


@pytest.mark.parametrize("host", ALLOWED)
def test_it_answers_under_names_of_this_machine(site, host):
    assert site.as_("anonymous").get("/mailbox/", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("path", ["/mailbox/", "/mailbox/any"])
@pytest.mark.parametrize("host", REFUSED)
def test_it_answers_under_no_other_name(site, host, path):
    answer = site.as_("anonymous").get(path, headers={"Host": host})
    assert answer.status_code == 403
    assert "To:" not in answer.text


def test_it_answers_no_other_machine(site):
    answer = site.as_("anonymous").get("/mailbox/", environ_base={"REMOTE_ADDR": "192.168.1.5"})
    assert answer.status_code == 403
