"""What uv is told about the machine's pip settings."""

import pytest

from local.uv import parse_pip_settings, uv_environment

LISTING = """\
:env:.cert='/etc/certs.pem'
:env:.default-timeout='180'
global.index-url='https://mirror.example/simple'
global.timeout='10'
install.index-url='https://nearer.example/simple'
install.find-links='\\n/srv/wheels\\n/srv/more'
freeze.timeout='1'
"""


def test_the_environment_wins_over_install_and_install_over_global():
    assert parse_pip_settings(LISTING) == {
        "cert": "/etc/certs.pem",
        "default-timeout": "180",
        "index-url": "https://nearer.example/simple",
        "timeout": "10",
        "find-links": "\n/srv/wheels\n/srv/more",
    }


def test_no_settings_are_no_settings():
    assert parse_pip_settings("") == {}
    assert uv_environment({}) == {}


@pytest.mark.parametrize(
    ("pip", "uv"),
    [
        (
            {"index-url": "https://mirror.example/simple"},
            {"UV_DEFAULT_INDEX": "https://mirror.example/simple"},
        ),
        (
            {"extra-index-url": "\nhttps://a.example\nhttps://b.example"},
            {"UV_INDEX": "https://a.example https://b.example", "UV_INDEX_STRATEGY": "unsafe-best-match"},
        ),
        ({"cert": "/etc/certs.pem"}, {"SSL_CERT_FILE": "/etc/certs.pem"}),
        ({"default-timeout": "180"}, {"UV_HTTP_TIMEOUT": "180"}),
        ({"timeout": "10", "default-timeout": "180"}, {"UV_HTTP_TIMEOUT": "10"}),
        ({"no-index": "true"}, {"UV_NO_INDEX": "1"}),
        ({"no-index": "0"}, {}),
        ({"trusted-host": "a.example\nb.example"}, {"UV_INSECURE_HOST": "a.example b.example"}),
        ({"proxy": "http://proxy.example:3128"}, {"ALL_PROXY": "http://proxy.example:3128"}),
        ({"disable-pip-version-check": "1"}, {}),
    ],
)
def test_pip_settings_become_uv_variables(pip, uv):
    assert uv_environment(pip) == uv


def test_absent_folders_are_left_out_because_uv_refuses_them(tmp_path):
    given = f"{tmp_path} {tmp_path / 'absent'} https://wheels.example/links"
    assert uv_environment({"find-links": given}) == {
        "UV_FIND_LINKS": f"{tmp_path},https://wheels.example/links"
    }
