"""The product's settings, and where the product is."""

from pathlib import Path

from portal.config.settings import Settings, SettingsError

ROOT = Path(__file__).resolve().parent.parent

__all__ = ["ROOT", "Settings", "SettingsError"]
