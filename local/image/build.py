"""The image built for real: by buildah in a chroot, on bases that mmdebstrap makes from Debian's packages."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.image.registries import Registries
from local.image.tools import VAR, buildah, driver, run

IMAGE = "localhost/ledgerdesk:check"
STANDALONE = "localhost/ledgerdesk-standalone:check"
SUITE = "bookworm"
# What stands in for the official images, which cannot be fetched without a registry of images.
BASES = {
    "PYTHON_IMAGE": ("python3", "python3-venv", "ca-certificates"),
    "NODE_IMAGE": ("npm", "ca-certificates"),
}
SLIM = ("--dpkgopt=path-exclude=/usr/share/doc/*", "--dpkgopt=path-exclude=/usr/share/man/*")


@dataclass(frozen=True)
class Image:
    """A built image: what it says of itself, and its files, mounted."""

    config: dict[str, Any]
    files: Path

    @property
    def environment(self) -> dict[str, str]:
        """Return the variables the image sets."""
        return dict(entry.split("=", 1) for entry in self.config["Env"])


def base(argument: str) -> str:
    """Make a stand-in for a base image unless it is there, and return its name with its digest."""
    packages = ",".join(BASES[argument])
    name = f"localhost/{argument.lower().replace('_', '-')}"
    tag = hashlib.sha256(f"{SUITE} {packages}".encode()).hexdigest()[:12]
    if not _digest(name, tag):
        archive = VAR / f"{argument.lower()}.tar"
        run(
            ["mmdebstrap", "--mode=root", "--variant=minbase", f"--include={packages}", *SLIM, SUITE, archive]
        )
        recipe = VAR / "Base"
        recipe.write_text(f"FROM scratch\nADD {archive.name} /\n", encoding="utf-8")
        buildah("bud", "--isolation", "chroot", "--quiet", "--tag", f"{name}:{tag}", "--file", recipe, VAR)
        archive.unlink()
    return f"{name}@{_digest(name, tag)}"


def build(bases: dict[str, str], *, processor: str = "amd64", target: str = "", tag: str = "") -> None:
    """Build the Dockerfile as it stands, up to a stage where one is named; without a tag only to see that it can be."""
    registries = Registries.of_this_machine()
    secret = VAR / "packages"
    secret.touch(mode=0o600)
    secret.write_text(registries.exports, encoding="utf-8")
    options = ["--isolation", "chroot", "--format", "docker", "--pull-never", "--quiet"]
    # Steps are kept for the next build where a layer costs what it changes, not a copy of everything.
    options += ["--layers"] if driver() == "overlay" else []
    options += ["--secret", f"id=packages,src={secret}", "--build-arg", f"TARGETARCH={processor}"]
    for volume in registries.volumes:
        options += ["--volume", volume]
    for argument, name in bases.items():
        options += ["--build-arg", f"{argument}={name}"]
    options += ["--target", target] if target else []
    options += ["--tag", tag] if tag else []
    try:
        built = buildah("bud", *options, ".").splitlines()[-1]
    finally:
        secret.unlink()
    if not tag:
        buildah("rmi", built)
    buildah("rmi", "--prune")


@contextmanager
def opened(tag: str) -> Iterator[Image]:
    """Mount the files of an image that was built."""
    config = json.loads(buildah("inspect", "--type", "image", tag))["Docker"]["config"]
    container = buildah("from", "--pull-never", tag)
    try:
        yield Image(config, Path(buildah("mount", container)))
    finally:
        buildah("rm", container)


@contextmanager
def unmounted_after() -> Iterator[None]:
    """Leave no container and no mount in the store, whatever happens: buildah forgets one for an empty last stage."""
    try:
        yield
    finally:
        buildah("rm", "--all")
        for place in VAR.glob("store-*/*"):
            if place.is_mount():
                run(["umount", place])


def _digest(name: str, tag: str) -> str:
    for image in json.loads(buildah("images", "--json") or "[]"):
        if f"{name}:{tag}" in (image.get("names") or ()):
            return str(image["digest"])
    return ""
