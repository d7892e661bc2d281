"""Passes this machine's package sources to a build, without writing them into the image.

pip's and npm's settings become the build secret `packages`, a list of exports; the files they name, such as
certificates, are mounted into the build.
"""

import os
import shlex
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from local.uv import parse_pip_settings

INSIDE = Path("/mnt/host")
# What says where packages are; everything else of pip's settings is a matter of taste.
PIP = ("index-url", "extra-index-url", "no-index", "trusted-host", "proxy", "timeout", "default-timeout")
CERTIFICATES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")


@dataclass
class Registries:
    """What a build receives: variables, and files of this machine with their paths inside."""

    variables: dict[str, str] = field(default_factory=dict)
    files: dict[Path, Path] = field(default_factory=dict)

    @classmethod
    def of_this_machine(cls) -> "Registries":
        """Read the settings of pip and npm."""
        pip = parse_pip_settings(_said(sys.executable, "-m", "pip", "config", "list"))
        npm = {key: _said("npm", "config", "get", key) for key in ("registry", "cafile", "userconfig")}
        return cls.of(os.environ, pip, npm)

    @classmethod
    def of(cls, env: Mapping[str, str], pip: Mapping[str, str], npm: Mapping[str, str]) -> "Registries":
        """Translate the settings of a machine."""
        registries = cls({f"PIP_{key.upper().replace('-', '_')}": pip[key] for key in PIP if pip.get(key)})
        folders = [registries._inside(Path(place)) or place for place in pip.get("find-links", "").split()]
        links = [str(place) for place in folders if isinstance(place, Path) or "://" in place]
        if links:
            registries.variables["PIP_FIND_LINKS"] = " ".join(links)
        registries.variables |= {
            name: value for name, value in env.items() if name.startswith("UV_") and "INDEX" in name
        }
        if npm.get("registry", "").startswith("http"):
            registries.variables["NPM_CONFIG_REGISTRY"] = npm["registry"]
        named = {name: env.get(name, "") for name in CERTIFICATES} | {
            "PIP_CERT": pip.get("cert", ""),
            "NPM_CONFIG_CAFILE": npm.get("cafile", ""),
            "NPM_CONFIG_USERCONFIG": npm.get("userconfig", ""),
        }
        for name, path in named.items():
            if inside := registries._inside(Path(path)) if path.startswith("/") else None:
                registries.variables[name] = str(inside)
        return registries

    @property
    def exports(self) -> str:
        """Return the lines that a build's shell reads first."""
        return "".join(
            f"export {name}={shlex.quote(value)}\n" for name, value in sorted(self.variables.items())
        )

    @property
    def volumes(self) -> list[str]:
        """Return the mounts as buildah takes them."""
        return [f"{outside}:{inside}:ro" for outside, inside in self.files.items()]

    def _inside(self, path: Path) -> Path | None:
        """Give a file or folder of this machine a place in the build; None where there is nothing."""
        if not path.is_absolute() or not path.exists() or (path.is_dir() and not any(path.iterdir())):
            return None
        return self.files.setdefault(path, INSIDE / f"{len(self.files)}-{path.name.lstrip('.')}")


def _said(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
