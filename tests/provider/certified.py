"""Starts the certified provider of tests/provider/server.mjs, and walks through it as a browser would."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin

import requests

from services.users.sign_in import Provider
from tests.conftest import PROVIDER_SECRET as SECRET
from tests.patience import PATIENCE

SERVER = Path(__file__).with_name("server.mjs")
DOMAIN = "corp.example"
MANY_STEPS = 12


@dataclass(frozen=True)
class Certified:
    """The running provider; it sends people back to `redirect_uri`."""

    issuer: str
    redirect_uri: str

    def provider(self, **more: object) -> Provider:
        """Describe it as the settings would."""
        given = {
            "domains": frozenset({DOMAIN}),
            "roles": (("helpdesk", "agent"),),
            "default_role": "customer",
        }
        return Provider(
            id="corp",
            label="Corp",
            issuer=self.issuer,
            client_id="ledgerdesk",
            client_secret=SECRET,
            **{**given, **more},
        )

    def sign_in(self, url: str, who: str) -> str:
        """Follow a departure, sign in as somebody ("" stops), and return the address that leads back."""
        with requests.Session() as browser:
            answer = browser.get(url, timeout=PATIENCE, allow_redirects=False)
            for _ in range(MANY_STEPS):
                if answer.is_redirect:
                    url = urljoin(url, answer.headers["Location"])
                    if url.startswith(self.redirect_uri):
                        return url
                    answer = browser.get(url, timeout=PATIENCE, allow_redirects=False)
                else:
                    form = {"who": who} if who else {"stop": "1"}
                    answer = browser.post(url, data=form, timeout=PATIENCE, allow_redirects=False)
        raise AssertionError(f"the provider does not lead back, it shows {answer.text[:300]}")


@contextmanager
def certified(redirect_uri: str, port: int = 0) -> Iterator[Certified]:
    """Run the provider on a free port, or on one that was chosen before; ended by its process."""
    process = subprocess.Popen(
        ["node", str(SERVER), redirect_uri, str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "NODE_ENV": "test"},
    )
    try:
        line = process.stdout.readline()
        assert line, "the provider did not start: is node_modules complete?"
        yield Certified(json.loads(line)["issuer"], redirect_uri)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE)
        process.stdout.close()
