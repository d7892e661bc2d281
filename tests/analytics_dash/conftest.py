"""Fixtures of the dashboard's tests."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from analytics_dash import bundles
from services.reporting import Filters, Overview
from tests.analytics_dash.fakes import NOW, TODAY, FakeDashboards, Site, make_site, stylesheet


@pytest.fixture(scope="session")
def bundle_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bundles")
    bundles.build(folder)
    return folder


@pytest.fixture
def site() -> Site:
    return make_site()


@pytest.fixture
def fake_overview() -> Overview:
    filters = Filters(start=TODAY.replace(day=1), end=TODAY)
    return FakeDashboards().overview(filters=filters, now=NOW, actor="manager")


@pytest.fixture(scope="session")
def stylesheet_text() -> str:
    return stylesheet()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """Open an empty page: these tests bring their own small server, not the product's."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme="light")
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()
