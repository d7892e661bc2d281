"""Fixtures of the dashboard's tests."""

from pathlib import Path

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
