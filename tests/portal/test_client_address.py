"""The address of a client is found however a proxy writes it."""

import pytest
from werkzeug.middleware.proxy_fix import ProxyFix

from portal.web.client_address import ClientAddress, plain_address

FORMS = {
    "192.0.2.1": "192.0.2.1",
    "192.0.2.1:4711": "192.0.2.1",
    "2001:db8::1": "2001:db8::1",
    "2001:DB8:0::1": "2001:db8::1",
    "[2001:db8::1]": "2001:db8::1",
    "[2001:db8::1]:4711": "2001:db8::1",
    '"[2001:db8::1]:4711"': "2001:db8::1",
    "fe80::1%eth0": "fe80::1",
    "::ffff:192.0.2.1": "192.0.2.1",
    " 192.0.2.1 ": "192.0.2.1",
    "unknown": "",
    "_hidden": "",
    "": "",
    "[": "",
    "192.0.2.1:4711:1": "",
    "example.org": "",
}


@pytest.mark.parametrize(("written", "address"), FORMS.items())
def test_every_form_is_understood(written, address):
    assert plain_address(written) == address


@pytest.mark.parametrize(
    ("header", "address"),
    [
        ("192.0.2.1:4711", "192.0.2.1"),
        ("10.9.9.9, 192.0.2.1:4711", "192.0.2.1"),
        ('10.9.9.9, "[2001:db8::1]:4711"', "2001:db8::1"),
        ("10.9.9.9, [2001:db8::1]:4711", "2001:db8::1"),
        ("unknown", ""),
        ("10.9.9.9, unknown", ""),
    ],
)
def test_behind_a_proxy_its_last_entry_counts(header, address):
    seen = []
    app = ProxyFix(ClientAddress(lambda environ, _: seen.append(environ["REMOTE_ADDR"]) or []), x_for=1)
    app({"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": header}, None)
    assert seen == [address]


def test_the_application_reads_it_that_way(site):
    seen = []
    site.app.before_request_funcs.setdefault(None, []).insert(0, lambda: seen.append(_address()))
    try:
        site.as_("anonymous").get("/login", environ_base={"REMOTE_ADDR": "[2001:db8::1]:4711"})
    finally:
        site.app.before_request_funcs[None].pop(0)
    assert seen == ["2001:db8::1"]


def _address():
    from flask import request

    return request.remote_addr
