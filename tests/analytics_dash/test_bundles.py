"""Dash's bundles: compressed once, kept for good, and complete."""

import gzip
import re

import brotli
import pytest

from analytics_dash import bundles
from analytics_dash.mount import PREFIX
from tests.analytics_dash.fakes import make_site

SMALL = "plotly.js (basic - minified) v"


@pytest.fixture(scope="module")
def client(bundle_folder):
    return make_site(bundle_folder).server.test_client()


@pytest.fixture(scope="module")
def addresses(client):
    return re.findall(r'(?:src|href)="(/reports/_dash-component-suites/[^"]+)"', client.get(PREFIX).text)


@pytest.mark.parametrize(("encoding", "unpack"), [("br", brotli.decompress), ("gzip", gzip.decompress)])
def test_every_script_of_the_page_is_ready_made_and_immutable(client, addresses, encoding, unpack):
    assert len(addresses) == 10
    for address in addresses:
        answer = client.get(address, headers={"Accept-Encoding": encoding})
        plain = client.get(address)
        assert answer.headers["Content-Encoding"] == encoding, address
        assert answer.headers["Cache-Control"] == bundles.FOREVER
        assert answer.headers["Vary"] == "Accept-Encoding"
        assert unpack(answer.data) == plain.data
        assert "Content-Encoding" not in plain.headers


def test_a_dashboard_fits_its_budget_over_the_wire(client, addresses):
    sizes = [len(client.get(address, headers={"Accept-Encoding": "br, gzip"}).data) for address in addresses]
    assert sum(sizes) < 1_500_000


def test_an_unchanged_bundle_is_not_sent_again(client, addresses):
    tag = client.get(addresses[0]).headers["ETag"]
    assert client.get(addresses[0], headers={"If-None-Match": tag}).status_code == 304


def test_an_address_without_a_version_is_asked_for_again(client):
    answer = client.get(f"{PREFIX}_dash-component-suites/dash/dcc/async-graph.js")
    assert answer.headers["Cache-Control"] == "no-cache"


def test_without_a_build_dash_serves_its_own_files(site):
    client = site.server.test_client()
    for address in re.findall(
        r'(?:src|href)="(/reports/_dash-component-suites/[^"]+)"', client.get(PREFIX).text
    ):
        assert client.get(address).status_code == 200, address


def test_a_second_build_writes_nothing_and_drops_what_is_old(bundle_folder):
    before = {path.name: path.stat().st_mtime_ns for path in bundle_folder.glob("*.js*")}
    (bundle_folder / "0000.js.br").write_bytes(b"old")
    bundles.build(bundle_folder)
    after = {path.name: path.stat().st_mtime_ns for path in bundle_folder.glob("*.js*")}
    before.pop(bundles.MANIFEST), after.pop(bundles.MANIFEST)
    assert before == after


def test_the_small_edition_is_used_when_its_version_fits(tmp_path):
    right = tmp_path / "right.js"
    right.write_text(f"/**\n* {SMALL}{bundles.plotly_version(bundles.FULL)}\n*/")
    wrong = tmp_path / "wrong.js"
    wrong.write_text(f"/**\n* {SMALL}1.0.0\n*/")
    assert bundles.sources(right)[bundles.PLOTLY] == right
    assert bundles.sources(wrong)[bundles.PLOTLY] == bundles.FULL
    assert bundles.sources(tmp_path / "none.js")[bundles.PLOTLY] == bundles.FULL


def test_our_own_script_is_kept_too(client):
    address = re.search(r'src="(/reports/assets/overview\.js\?m=[^"]+)"', client.get(PREFIX).text)[1]
    with client.get(address) as answer:
        assert answer.headers["Cache-Control"] == bundles.FOREVER
