"""The folder with large real files that some tests read: LEDGERDESK_DATA names it."""

import os
from pathlib import Path

import pytest

DATA = Path(os.environ.get("LEDGERDESK_DATA", ""))

needs_data = pytest.mark.skipif(
    "LEDGERDESK_DATA" not in os.environ, reason="LEDGERDESK_DATA does not name a folder with the incident log"
)
