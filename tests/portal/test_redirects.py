"""No redirect within the site repeats the Host header, which anybody may invent."""

import pytest

from portal.web.headers import without_host

HOST = "evil.example"


def without_arguments(app):
    return sorted(
        rule.rule for rule in app.url_map.iter_rules() if "GET" in rule.methods and not rule.arguments
    )


@pytest.mark.parametrize("role", ["anonymous", "administrator"])
def test_no_header_of_any_page_repeats_the_host(site, role):
    client, redirected = site.app.test_client() if role == "anonymous" else site.as_(role), 0
    paths = [path for path in without_arguments(site.app) if "dash" not in path]
    for path in [*paths, *(path.rstrip("/") for path in paths if path.endswith("/") and path != "/")]:
        answer = client.get(path, headers={"Host": HOST})
        redirected += 300 <= answer.status_code < 400
        assert HOST not in str(answer.headers), path
        if "Location" in answer.headers:
            assert answer.headers["Location"].startswith(("/", "?")), path
            assert not answer.headers["Location"].startswith("//"), path
    assert redirected > 10


def test_neither_does_the_answer_to_a_form(site):
    for fields in ({"email": "agent@demo.example", "password": "wrong"}, {}):
        answer = site.app.test_client().post("/login", data=fields, headers={"Host": HOST})
        assert HOST not in str(answer.headers)
    answer = site.as_("agent").post("/logout", headers={"Host": HOST, "Referer": f"http://{HOST}/desk/new"})
    assert HOST not in str(answer.headers)


@pytest.mark.parametrize(
    ("location", "relative"),
    [
        ("http://evil.example/desk/?a=1#b", "/desk/?a=1#b"),
        ("http://evil.example//other.example/", "/other.example/"),
        ("http://evil.example/\\other.example/", "/other.example/"),
        ("http://evil.example", "/"),
        ("/desk/", "/desk/"),
        ("https://provider.example/authorize", "https://provider.example/authorize"),
    ],
)
def test_only_the_own_host_is_left_out(location, relative):
    assert without_host(location, HOST) == relative
