"""The dashboard with fakes behind a real server, for browser tests."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from werkzeug.serving import make_server

from tests.analytics_dash.fakes import Site, make_site

DRAWN = ".chart .lines path, .chart .point path"  # attached once the charts are there
Opened = Callable[..., Any]


@dataclass(frozen=True)
class Served:
    """A running dashboard."""

    url: str
    site: Site


@contextmanager
def serve(bundles: Path) -> Iterator[Served]:
    """Run the dashboard on a free port."""
    site = make_site(bundles)
    server = make_server("127.0.0.1", 0, site.server, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Served(f"http://127.0.0.1:{server.server_port}", site)
    server.shutdown()
    thread.join()
    server.server_close()
