"""Fixtures for every test: the engine, tables of one's own, moto, a running product and a browser.

What a test asks for decides its group: `engine` marks it as an integration test, `page` as a browser test.
"""

import ipaddress
import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partialmethod
from pathlib import Path
from typing import Any

import pytest
import structlog
from botocore.client import BaseClient
from moto import mock_aws

import models
from dynamodb_client import ConnectionOptions, disconnect
from local.browser import MISSING, find_chromium
from local.dynamodb_local import DynamoDBLocal
from local.engine import Engine
from local.ports import free_port
from local.settings import ROOT
from portal.config.readers import embedded_endpoint
from portal.config.settings import FAST, STOCK
from pynamodb_grid.tests.depth import choose_profile
from pynamodb_grid.tests.driver import playwright
from tests import granted_permissions, order, rotation
from tests.engines import new_engine, suspend_expiry
from tests.faults.proxy import Proxy, between
from tests.patience import PATIENCE

REGION = "eu-central-1"
CLIENT = os.environ.get("TEST_CLIENT") or FAST  # or stock: see dynamodb_client/README.md
# What a browser does beside showing pages is off, and the rest happens in few processes: two cores run the
# tests.
CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--disable-default-apps",
    "--disable-features=Translate,MediaRouter,OptimizationHints,OptimizationGuideModelDownloading",
    "--in-process-gpu",
    "--process-per-site",
    "--renderer-process-limit=1",
    "--disable-site-isolation-trials",
)
DESKTOP = {"width": 1440, "height": 900}
DEMO_PASSWORD = "correct horse battery staple"
PROVIDER_SECRET = "not:a%secret+at all"
choose_profile()


def pytest_sessionstart(session: pytest.Session) -> None:
    """Say in front of all tests which turn the sweeps over pages take."""
    terminal = session.config.pluginmanager.get_plugin("terminalreporter")
    if terminal is not None:
        terminal.write_line(rotation.header())


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> order.FilesAndGroups | None:
    """Deal out whole files, and those of a group together."""
    return order.FilesAndGroups(config, log) if config.getvalue("dist") == "loadgroup" else None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark tests by the fixtures they use, so that nobody has to remember to; then put the heaviest first."""
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        if fixtures & {"engine", "live_server"}:
            item.add_marker("engine")
        if fixtures & {"browser", "page"}:
            item.add_marker("browser")
    order.arrange(items)
    if getattr(config.option, "loadgroup", False):
        order.name_groups(items)


@pytest.fixture(autouse=True)
def _log_settings_as_before() -> Iterator[None]:
    """Take back how a test set up the log: a command writes to what is standard output at that time."""
    before = structlog.get_config()
    yield
    structlog.configure(**before)


@pytest.fixture(scope="session", autouse=True)
def no_network() -> Iterator[None]:
    """Refuse connections that leave this machine: a test that needs the internet is a wrong test."""
    connect, connect_ex = socket.socket.connect, socket.socket.connect_ex

    def guarded_connect(self: socket.socket, address: Any) -> None:
        _refuse_other_machines(self, address)
        connect(self, address)

    def guarded_connect_ex(self: socket.socket, address: Any) -> int:
        _refuse_other_machines(self, address)
        return connect_ex(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded_connect)
        patch.setattr(socket.socket, "connect_ex", guarded_connect_ex)
        yield


@pytest.fixture(scope="session", autouse=True)
def chosen_client() -> Iterator[None]:
    """Connect with the client that TEST_CLIENT names, here and in processes that tests start."""
    if CLIENT not in (FAST, STOCK):
        raise pytest.UsageError(f"TEST_CLIENT is {CLIENT!r}: choose {FAST!r} or {STOCK!r}")
    connect_with = partialmethod(ConnectionOptions.__init__, fast_client=CLIENT == FAST)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DYNAMODB_CLIENT", CLIENT)
        patch.setattr(ConnectionOptions, "__init__", connect_with)
        yield


@pytest.fixture(scope="session", autouse=True)
def only_granted_requests() -> Iterator[None]:
    """Refuse requests that the deployed product may not make: see tests/granted_permissions.py."""
    call = BaseClient._make_api_call

    def guarded(self: BaseClient, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        if (lacking := granted_permissions.missing(operation, parameters)) and (
            place := granted_permissions.made_by_product()
        ):
            pytest.fail(f"{place} needs {lacking}: grant it in cdk/task_permissions.py, or do without")
        answer: dict[str, Any] = call(self, operation, parameters)
        return answer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseClient, "_make_api_call", guarded)
        yield


def _refuse_other_machines(used: socket.socket, address: Any) -> None:
    if used.family not in (socket.AF_INET, socket.AF_INET6) or address[0] == "localhost":
        return
    try:
        is_here = ipaddress.ip_address(address[0]).is_loopback
    except ValueError:
        is_here = False
    if not is_here:
        pytest.fail(f"a test tried to connect to {address[0]}: tests stay on this machine")


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine | DynamoDBLocal]:
    """Run an empty engine of the chosen kind: one for each process that runs tests."""
    with new_engine(tmp_path_factory.mktemp("engine")) as running:
        yield running


@pytest.fixture(scope="module")
def created_tables(engine: Engine | DynamoDBLocal) -> Iterator[ConnectionOptions]:
    """Create all tables under a prefix nobody else has, connect the models to them, and say how."""
    options = ConnectionOptions(region=REGION, endpoint=engine.endpoint, prefix=f"t{uuid.uuid4().hex[:8]}-")
    models.connect(options)
    models.create_tables()
    yield options
    # A test of the module may have connected elsewhere since.
    models.connect(options)
    models.delete_tables()
    disconnect()


@pytest.fixture(scope="module")
def tables(created_tables: ConnectionOptions) -> ConnectionOptions:
    """Say how to reach tables of one's own, in which nothing expires by itself."""
    suspend_expiry(created_tables.prefix)
    return created_tables


@pytest.fixture(scope="module")
def proxy(tables: ConnectionOptions) -> Iterator[Proxy]:
    """Put a proxy in front of the engine that can be told to misbehave: see docs/faults.md."""
    with between(tables.endpoint or "") as running:
        yield running


@pytest.fixture
def moto(monkeypatch: pytest.MonkeyPatch) -> Iterator[ConnectionOptions]:
    """Create all tables in moto, in this process and for this test alone."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        options = ConnectionOptions(region=REGION, endpoint=None, prefix="test-")
        models.connect(options)
        models.create_tables()
        yield options
        disconnect()


@dataclass(frozen=True)
class LiveServer:
    """The product as `make run` starts it, with its demo data."""

    url: str
    password: str
    options: ConnectionOptions
    environment: dict[str, str]

    def email(self, role: str) -> str:
        """Return the demo account of a role."""
        return f"{role}@demo.example"


@pytest.fixture(scope="session")
def live_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """Start engine, web and worker on a folder of their own, as a developer would."""
    folder = tmp_path_factory.mktemp("live")
    port = free_port()
    settings = {
        "ENVIRONMENT": "development",
        "PORT": str(port),
        "DATA_DIR": str(folder / "data"),
        "DEMO_PASSWORD": DEMO_PASSWORD,
        "TABLE_PREFIX": "live-",
        "MAIL_REPLY_LISTEN": f"127.0.0.1:{free_port()}",
        # Nothing listens there until a test starts the provider; the product asks it at the first sign-in.
        "OIDC_PROVIDERS": "corp",
        "OIDC_CORP_ISSUER": f"http://127.0.0.1:{free_port()}",
        "OIDC_CORP_CLIENT_ID": "ledgerdesk",
        "OIDC_CORP_CLIENT_SECRET": PROVIDER_SECRET,
        "OIDC_CORP_DOMAINS": "corp.example",
        "OIDC_CORP_ROLES": "helpdesk=agent",
        "OIDC_CORP_DEFAULT_ROLE": "customer",
    }
    environment = {
        name: value for name, value in os.environ.items() if name != "DYNAMODB_ENDPOINT"
    } | settings
    written = folder / "output"
    with written.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "local"],
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_for_line(process, written, "ready at")
        endpoint = embedded_endpoint(folder / "data")
        yield LiveServer(
            url=f"http://127.0.0.1:{port}",
            password=DEMO_PASSWORD,
            options=ConnectionOptions(region=REGION, endpoint=endpoint, prefix="live-"),
            environment={**environment, "DYNAMODB_ENDPOINT": endpoint},
        )
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE)


def _wait_for_line(process: subprocess.Popen[bytes], written: Path, words: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while words not in written.read_text():
        if process.poll() is not None or time.monotonic() > deadline:
            pytest.fail(f"the product did not start:\n{written.read_text()}")
        time.sleep(0.05)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Start Debian's Chromium, driven by playwright."""
    program = find_chromium()
    if program is None:
        if os.environ.get("CI") == "true":
            pytest.fail("chromium is missing, and CI runs the browser tests")
        pytest.skip(MISSING)
    with playwright() as driver:
        running = driver.chromium.launch(executable_path=program, args=list(CHROMIUM_FLAGS))
        yield running
        running.close()


@pytest.fixture
def page(browser: Any, live_server: LiveServer) -> Iterator[Any]:
    """Open a page of its own on the running product; script errors and blocked scripts fail the test."""
    context = browser.new_context(base_url=live_server.url, viewport=DESKTOP)
    opened = context.new_page()
    faults: list[str] = []
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.on("console", lambda message: _note_blocked(message.text, faults))
    yield opened
    context.close()
    assert not faults, f"the page had script errors: {faults}"


def _note_blocked(text: str, faults: list[str]) -> None:
    if "Content Security Policy" in text:
        faults.append(text)
