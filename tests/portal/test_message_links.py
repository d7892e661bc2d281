"""Links in messages: addresses and phone numbers become links, and nothing that people write becomes markup."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.ui.links import linked

OUTSIDE = ' rel="nofollow noopener noreferrer" target="_blank"'


@pytest.mark.parametrize(
    ("text", "address", "shown"),
    [
        (
            "See https://docs.example/a?b=1&c=2.",
            "https://docs.example/a?b=1&amp;c=2",
            "https://docs.example/a?b=1&amp;c=2",
        ),
        ("(http://docs.example/a_(b))", "http://docs.example/a_(b)", "http://docs.example/a_(b)"),
        ("www.example.com is down", "http://www.example.com", "www.example.com"),
        (
            "https://müller.example/straße",
            "https://m\u00fcller.example/stra\u00dfe",
            "https://m\u00fcller.example/stra\u00dfe",
        ),
    ],
)
def test_web_addresses_are_links(text, address, shown):
    assert f'<a href="{address}"{OUTSIDE}>{shown}</a>' in linked(text)


def test_addresses_of_people_are_links():
    assert '<a href="mailto:ana@nord.example.com">ana@nord.example.com</a>,' in linked(
        "Write to ana@nord.example.com, please"
    )


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("Call +49 30 901820 today", "+4930901820"),
        ("+44 (0)20 7946 0958.", "+442079460958"),
        ("tel. 030/901820-12", "03090182012"),
        ("+1-202-555-0143", "+12025550143"),
    ],
)
def test_phone_numbers_are_links(text, number):
    assert f'<a href="tel:{number}">' in linked(text)


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-30",
        "30.11.2026 10:00",
        "Order 4471-0042",
        "1,234,567.00",
        "+5 more",
        "192.168.0.1",
        "Invoice 0042",
        "#48102",
        "javascript:alert(1)",
        "JaVaScRiPt://example.com/%0aalert(1)",
        "data:text/html,<script>alert(1)</script>",
        "vbscript:x",
        "file:///etc/passwd",
        "ftp://files.example/x",
        "//example.com/x",
    ],
)
def test_nothing_else_is_a_link_of_another_kind(text):
    schemes = re.findall(r'href="(\w+):', linked(text))
    assert set(schemes) <= ({"http"} if "example.com" in text else set()), linked(text)


def test_markup_stays_text():
    html = linked('<a href="javascript:x">x</a> https://e.example/"><img src=x onerror=y> & co')
    assert "<img" not in html
    assert html.count("<a ") == html.count("</a>") == 1
    assert html.startswith("&lt;a href=")


@given(st.text(st.sampled_from("htps:/.www@+0123456789 ()<>\"&'abé\n"), max_size=80))
def test_any_text_is_shown_as_it_was_written(text):
    html = linked(text)
    tags = re.findall(r"<[^>]*>", html)
    assert all(re.fullmatch(r'</a>|<a href="(https?://|mailto:|tel:)[^"<>]*"[^<>]*>', tag) for tag in tags), (
        html
    )
    shown = re.sub(r"<[^>]*>", "", html)
    for code, character in (("&lt;", "<"), ("&gt;", ">"), ("&#34;", '"'), ("&#39;", "'"), ("&amp;", "&")):
        shown = shown.replace(code, character)
    assert shown == text


def test_a_long_message_of_one_kind_is_read_once():
    for part in ("a@", "http://", "+1 ", "www.", "((((", "0123 ", "a.b@c.de ", "a.b@c.de,"):
        assert len(linked((part * 65_536)[:65_536])) >= 65_536
