"""Build the static files (`python -m portal.assets`) and name them in templates (`Assets`)."""

from __future__ import annotations

import hashlib
import json
import re
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from whitenoise.compress import Compressor

ROOT = Path(__file__).resolve().parent.parent
SOURCE = Path(__file__).resolve().parent / "static" / "src"
BUILD = Path(__file__).resolve().parent / "static" / "build"
MODULES = ROOT / "node_modules"
MANIFEST = "manifest.json"

# The order is the cascade: later files may refine earlier ones, never the other way round.
STYLES = {
    "app.css": (
        "tokens", "base", "controls", "components", "overlay", "shell",
        "grid", "filters", "ticket", "conflict", "admin", "responsive",
    ),
    "help.css": ("tokens", "base", "controls", "components", "overlay", "help"),
    "plain.css": ("tokens", "base", "controls", "components", "plain"),
    "dash.css": ("dash",),
}  # fmt: skip
FONTS = {
    "inter-latin.woff2": "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2",
    "inter-latin-ext.woff2": "@fontsource-variable/inter/files/inter-latin-ext-wght-normal.woff2",
}
HASHED = re.compile(r"\.[0-9a-f]{8}\.[a-z0-9]+$")
IMPORT = re.compile(
    r"""(?P<head>(?:^|\n)(?:import|export)\b[^;"']*["'])\./(?P<name>[\w-]+\.js)(?P<tail>["'])"""
)
SHAPE = re.compile(r"<(?:path|circle|rect|line|polyline|polygon|ellipse)\b[^>]*/>")


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
            raise AssetsNotBuiltError("Static files are not built: run `python -m portal.assets`.") from error
        return cls(manifest["files"], manifest["modules"], prefix)

    def url(self, name: str) -> str:
        """Return the address of a logical name; raises UnknownAssetError."""
        try:
            return self.prefix + self.files[name]
        except KeyError as error:
            raise UnknownAssetError(name) from error

    def preloads(self, entry: str) -> list[str]:
        """Return the addresses of every module an entry module imports, deepest first."""
        return [self.url(name) for name in self.modules.get(entry, [])]

    def immutable(self, _path: str, url: str) -> bool:
        """Tell whitenoise (`immutable_file_test`) whether an address carries its content's hash."""
        return HASHED.search(url) is not None


@dataclass
class Build:
    """Collect the outputs of one build in memory, then write only what changed."""

    source: Path = SOURCE
    modules_folder: Path = MODULES
    outputs: dict[str, bytes] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    modules: dict[str, list[str]] = field(default_factory=dict)

    def run(self) -> None:
        """Build fonts and icons first, because stylesheets and modules carry their hashed names."""
        for name, path in FONTS.items():
            self.add(name, (self.modules_folder / path).read_bytes())
        self.add("sprite.svg", sprite(self.source / "icons", self.modules_folder).encode())
        for name in ("chevron.svg", "favicon.svg"):
            self.add(name, (self.source / "icons" / name).read_bytes())
        for name, parts in STYLES.items():
            text = "".join((self.source / "css" / f"{part}.css").read_text() for part in parts)
            self.add(name, self.link_urls(minify_css(text)).encode())
        for path in sorted((self.source / "js").glob("*.js")):
            self.add_module(path.name, ())

    def add(self, name: str, content: bytes) -> None:
        """Register an output under its logical name and the hash of its content."""
        stem, _, suffix = name.rpartition(".")
        hashed = f"{stem}.{hashlib.sha256(content).hexdigest()[:8]}.{suffix}"
        self.files[name] = hashed
        self.outputs[hashed] = content

    def link_urls(self, css: str) -> str:
        """Replace `url(asset:NAME)` by the hashed name, which lies in the same folder."""

        def hashed(match: re.Match[str]) -> str:
            try:
                return f"url({self.files[match[1]]})"
            except KeyError as error:
                raise UnknownAssetError(match[1]) from error

        return re.sub(r"url\(asset:([^)]+)\)", hashed, css)

    def add_module(self, name: str, importers: tuple[str, ...]) -> None:
        """Add a module after the modules it imports, so that its text can name their hashes."""
        if name in self.files:
            return
        if name in importers:
            raise ValueError(f"Modules import each other: {' -> '.join((*importers, name))}")
        text = (self.source / "js" / name).read_text()
        needed: list[str] = []
        for match in IMPORT.finditer(text):
            self.add_module(match["name"], (*importers, name))
            needed += [*self.modules[match["name"]], match["name"]]
        self.modules[name] = list(dict.fromkeys(needed))
        linked = IMPORT.sub(lambda m: f"{m['head']}./{self.files[m['name']]}{m['tail']}", text)
        self.add(name, minify_js(linked).encode())

    def write(self, folder: Path) -> None:
        """Write new outputs with their compressed variants, then the manifest, then drop old ones."""
        folder.mkdir(parents=True, exist_ok=True)
        compressor = Compressor(quiet=True)
        for name, content in self.outputs.items():
            path = folder / name
            if not path.exists():
                path.write_bytes(content)
                if compressor.should_compress(name):
                    compressor.compress(str(path))
        manifest = json.dumps({"files": self.files, "modules": self.modules}, indent=1, sort_keys=True)
        fresh = folder / f"{MANIFEST}.new"
        fresh.write_text(manifest + "\n")
        fresh.replace(folder / MANIFEST)  # a running web process never sees half a manifest
        keep = {MANIFEST, *self.outputs}
        for path in folder.iterdir():
            if path.name.removesuffix(".br").removesuffix(".gz") not in keep:
                path.unlink()


def sprite(folder: Path, modules: Path) -> str:
    """Join the listed Lucide icons and our own glyphs into one SVG of symbols."""
    wanted: dict[str, str] = json.loads((folder / "icons.json").read_text())
    symbols = []
    for name, lucide in sorted(wanted.items()):
        shapes = SHAPE.findall((modules / "lucide-static" / "icons" / f"{lucide}.svg").read_text())
        body = "".join(re.sub(r"\s+", " ", shape).replace(" />", "/>") for shape in shapes)
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24">{body}</symbol>')
    glyphs = re.sub(r"<!--.*?-->", "", (folder / "glyphs.svg").read_text(), flags=re.DOTALL)
    symbols += [re.sub(r">\s+<", "><", s) for s in re.findall(r"<symbol.*?</symbol>", glyphs, re.DOTALL)]
    return f'<svg xmlns="http://www.w3.org/2000/svg">{"".join(symbols)}</svg>\n'


def minify_css(text: str) -> str:
    """Drop comments and the spaces that carry no meaning; strings in our stylesheets hold none."""
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    text = re.sub(r"\s+", " ", text)
    text = re.sub(r"\s*([{};,>])\s*", r"\1", text)
    text = re.sub(r":\s+", ":", text)
    return text.replace(";}", "}").strip() + "\n"


def minify_js(text: str) -> str:
    """Drop comment lines, indentation and blank lines; template literals must stay on one line."""
    text = re.sub(r"^[ \t]*/\*\*?.*?\*/[ \t]*\n", "", text, flags=re.DOTALL | re.MULTILINE)
    lines = (line.strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//")) + "\n"


def main() -> int:
    """Build into portal/static/build and say what it took."""
    started = time.perf_counter()
    build = Build()
    try:
        build.run()
    except FileNotFoundError as error:
        sys.stderr.write(f"Static files need {error.filename}: run `npm ci` first.\n")
        return 1
    build.write(BUILD)
    size = sum(map(len, build.outputs.values())) / 1024
    spent = time.perf_counter() - started
    sys.stdout.write(f"{len(build.outputs)} static files, {size:.0f} KB, built in {spent:.2f} s\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
