"""The product's settings without the product around them.

Importing `portal.settings` the usual way runs `portal/__init__` and so loads the whole web application: more
than a second, and 70 MB that a supervisor would keep for as long as it runs. So its file is loaded by itself.
"""

import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parent.parent

if TYPE_CHECKING:
    from portal.settings import Settings, SettingsError
else:
    _spec = importlib.util.spec_from_file_location("local.portal_settings", ROOT / "portal" / "settings.py")
    _module = importlib.util.module_from_spec(_spec)
    sys.modules[_spec.name] = _module
    _spec.loader.exec_module(_module)
    Settings, SettingsError = _module.Settings, _module.SettingsError

__all__ = ["ROOT", "Settings", "SettingsError"]
