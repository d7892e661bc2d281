"""Serves Dash's JavaScript precompressed and immutable, and Plotly in its small edition.

Dash reads a bundle from its package and sends it as it is: 4.8 MB for plotly.js alone. `build` (run by
`make setup`) writes brotli and gzip variants once; `Bundles` serves them.
URLs change with the installed version, so that a browser may cache a bundle forever.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import dash
import plotly
from dash.fingerprint import check_fingerprint
from flask import Request, Response
from whitenoise.compress import Compressor

FOLDER = Path(__file__).resolve().parent / "build"
ROOT = Path(__file__).resolve().parent.parent
# Our charts only need scatter and bar: 0.36 instead of 1.23 MB over the wire.
BASIC = ROOT / "node_modules" / "plotly.js-basic-dist-min" / "plotly-basic.min.js"
FULL = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
PLOTLY = "plotly/package_data/plotly.min.js"
MANIFEST = "manifest.json"
FOREVER = "public, max-age=31536000, immutable"
VARIANTS = (("br", ".br"), ("gzip", ".gz"))


def sources(basic: Path = BASIC) -> dict[str, Path]:
    """Return the bundles that a dashboard loads: name below _dash-component-suites -> file."""
    package = Path(dash.__file__).parent
    files = [
        *package.glob("deps/polyfill@*.min.js"),
        *package.glob("deps/react@18.3.1.min.js"),
        *package.glob("deps/react-dom@18.3.1.min.js"),
        *package.glob("deps/prop-types@*.min.js"),
        package / "dash-renderer" / "build" / "dash_renderer.min.js",
        package / "dcc" / "dash_core_components.js",
        package / "dcc" / "dash_core_components-shared.js",
        package / "dcc" / "async-graph.js",
        package / "html" / "dash_html_components.min.js",
        package / "dash_table" / "bundle.js",  # no page has a Dash table, but Dash names it on each
    ]
    named = {f"dash/{path.relative_to(package).as_posix()}": path for path in files}
    # A version other than the Python package expects could draw differently: then use the full edition.
    fits = basic.exists() and plotly_version(basic) == plotly_version(FULL)
    return named | {PLOTLY: basic if fits else FULL}


def build(folder: Path = FOLDER, *, basic: Path = BASIC) -> dict[str, str]:
    """Write every bundle, its compressed variants and a manifest into `folder`; returns name -> file."""
    folder.mkdir(parents=True, exist_ok=True)
    compressor = Compressor(quiet=True)
    manifest: dict[str, str] = {}
    for name, path in sources(basic).items():
        content = path.read_bytes()
        manifest[name] = f"{hashlib.sha256(content).hexdigest()[:16]}.js"
        target = folder / manifest[name]
        if not target.exists():
            target.write_bytes(content)
            compressor.compress(str(target))
    (folder / f"{MANIFEST}.new").write_text(json.dumps(manifest, indent=1, sort_keys=True) + "\n")
    (folder / f"{MANIFEST}.new").replace(folder / MANIFEST)
    current = {MANIFEST, *manifest.values()}
    for old in folder.iterdir():
        if old.name.removesuffix(".br").removesuffix(".gz") not in current:
            old.unlink()
    return manifest


@dataclass(frozen=True)
class Bundles:
    """The bundles of one build; without a build, Dash serves everything itself, uncompressed."""

    folder: Path
    manifest: Mapping[str, str]

    @classmethod
    def load(cls, folder: Path | None) -> "Bundles":
        """Read the manifest of a build; without folder or manifest the set is empty."""
        path = folder / MANIFEST if folder else None
        if folder is None or path is None or not path.exists():
            return cls(Path(), {})
        return cls(folder, json.loads(path.read_text()))

    def plotly_url(self, prefix: str) -> str:
        """Return a URL of plotly.js that changes with its content."""
        stem, _, _ = PLOTLY.rpartition(".min.js")
        ready = self.manifest.get(PLOTLY)
        version = ready.removesuffix(".js") if ready else plotly_version(FULL)
        return f"{prefix}_dash-component-suites/{stem}.v{version.replace('.', '_')}m0.min.js"

    def answer(self, path: str, request: Request) -> Response | None:
        """Respond with a bundle in the best accepted encoding, or leave the request to Dash (None)."""
        name, fingerprinted = check_fingerprint(path)
        if name not in self.manifest or request.method not in ("GET", "HEAD"):
            return None
        file = self.folder / self.manifest[name]
        headers = {"Vary": "Accept-Encoding", "ETag": f'"{file.stem}"'}
        headers["Cache-Control"] = FOREVER if fingerprinted else "no-cache"
        if file.stem in request.if_none_match:
            return Response(status=304, headers=headers)
        for encoding, suffix in VARIANTS:
            packed = file.with_name(file.name + suffix)
            if request.accept_encodings[encoding] and packed.exists():
                headers["Content-Encoding"] = encoding
                file = packed
                break
        return Response(file.read_bytes(), mimetype="text/javascript", headers=headers)


def plotly_version(path: Path) -> str:
    """Read the version from plotly.js's own banner, such as "plotly.js (basic - minified) v4.1.1"."""
    with path.open("rb") as file:
        banner = file.read(200).decode(errors="replace")
    return banner.partition(" v")[2].split()[0] if " v" in banner else ""
