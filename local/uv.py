"""Run uv in this virtual environment with the machine's pip settings.

    python local/uv.py pip sync --require-hashes requirements.txt

uv reads none of pip's configuration. Where a machine says through pip where packages come from (a mirror, a
folder, a certificate), uv is told the same; a UV_ variable that is already set wins. Standard library only:
this runs before anything is installed.
"""

import ast
import os
import subprocess
import sys
from pathlib import Path

PINNED_UV = Path(__file__).with_name("uv.txt")


def main(arguments: list[str]) -> int:
    """Install the pinned uv if it is missing or another version, then run it; return its exit code."""
    tool = Path(sys.executable).with_name("uv")
    if not _is_pinned_version(tool):
        pip_install = [
            sys.executable,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--require-hashes",
            "-r",
            str(PINNED_UV),
        ]
        installed = subprocess.run(pip_install, check=False)
        if installed.returncode:
            return installed.returncode
    environment = {**uv_environment(_pip_settings()), **os.environ, "VIRTUAL_ENV": sys.prefix}
    return subprocess.run([tool, *arguments], env=environment, check=False).returncode


def uv_environment(pip: dict[str, str]) -> dict[str, str]:
    """Translate pip's settings (index-url, find-links, ...) into uv's environment variables."""
    environment = {}
    if index := pip.get("index-url"):
        environment["UV_DEFAULT_INDEX"] = index
    if extra := pip.get("extra-index-url"):
        environment["UV_INDEX"] = " ".join(extra.split())
        # pip takes the best version from any index. Every package is pinned by hash, so uv may do that too.
        environment["UV_INDEX_STRATEGY"] = "unsafe-best-match"
    if folders := [place for place in pip.get("find-links", "").split() if _is_usable(place)]:
        environment["UV_FIND_LINKS"] = ",".join(folders)
    if pip.get("no-index", "").lower() in {"1", "true", "yes", "on"}:
        environment["UV_NO_INDEX"] = "1"
    if certificates := pip.get("cert"):
        environment["SSL_CERT_FILE"] = certificates
    if seconds := pip.get("timeout") or pip.get("default-timeout"):
        environment["UV_HTTP_TIMEOUT"] = seconds
    if hosts := pip.get("trusted-host"):
        environment["UV_INSECURE_HOST"] = " ".join(hosts.split())
    if proxy := pip.get("proxy"):
        environment["ALL_PROXY"] = proxy
    return environment


def parse_pip_settings(listing: str) -> dict[str, str]:
    """Read the output of `pip config list`: key -> value, the environment over [install] over [global]."""
    sections: dict[str, dict[str, str]] = {"global": {}, "install": {}, ":env:": {}}
    for line in listing.splitlines():
        name, separator, value = line.partition("=")
        section, _, key = name.rpartition(".")
        if separator and section in sections:
            sections[section][key] = str(ast.literal_eval(value))
    return {**sections["global"], **sections["install"], **sections[":env:"]}


def _pip_settings() -> dict[str, str]:
    listing = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=False
    )
    return parse_pip_settings(listing.stdout)


def _is_usable(place: str) -> bool:
    """Tell whether uv takes a find-links place: it refuses an absent folder, which pip passes over."""
    return "://" in place or Path(place).is_dir()


def _is_pinned_version(tool: Path) -> bool:
    if not tool.exists():
        return False
    answer = subprocess.run([tool, "--version"], capture_output=True, text=True, check=False).stdout.split()
    return len(answer) > 1 and f"uv=={answer[1]} " in PINNED_UV.read_text(encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
