"""The static files of the last build, by name; `python -m portal.assets.build` makes them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).resolve().parent / "static" / "src"
BUILD = SOURCE.parent / "build"
MANIFEST = "manifest.json"
HASHED = re.compile(r"\.(?:[0-9a-f]{8}|[0-9A-Z]{8})\.[a-z0-9]+$")  # ours, esbuild's


class AssetsNotBuiltError(RuntimeError):
    """Say that the build folder has no manifest, and which command makes it."""


class UnknownAssetError(KeyError):
    """Say that a template or a stylesheet names a file that no build produces."""


@dataclass(frozen=True)
class Assets:
    """Translate logical names (`app.css`) into the hashed addresses of the last build."""

    files: dict[str, str]
    modules: dict[str, list[str]]
    prefix: str = "/static/"

    @classmethod
    def load(cls, folder: Path = BUILD, prefix: str = "/static/") -> Assets:
        """Read the manifest of a build; raises AssetsNotBuiltError when there is none."""
        try:
            manifest = json.loads((folder / MANIFEST).read_text())
        except FileNotFoundError as error:
            raise AssetsNotBuiltError(
                "Static files are not built: run python -m portal.assets.build."
            ) from error
        return cls(manifest["files"], manifest["modules"], prefix)

    def url(self, name: str) -> str:
        """Return the address of a logical name; raises UnknownAssetError."""
        try:
            return self.prefix + self.files[name]
        except KeyError as error:
            raise UnknownAssetError(name) from error

    def preloads(self, entry: str) -> list[str]:
        """Return the addresses of the parts that an entry shares with others."""
        return [self.prefix + file for file in self.modules[entry]]

    def immutable(self, _path: str, url: str) -> bool:
        """Tell whitenoise (`immutable_file_test`) whether an address carries its content's hash."""
        return HASHED.search(url) is not None
