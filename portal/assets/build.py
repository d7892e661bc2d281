"""Build the static files: `python -m portal.assets.build`."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from whitenoise.compress import Compressor

from portal.assets import fonts
from portal.assets.manifest import BUILD, MANIFEST, SOURCE, UnknownAssetError

ROOT = Path(__file__).resolve().parents[2]
MODULES = ROOT / "node_modules"
ESBUILD = MODULES / "@esbuild" / "linux-x64" / "bin" / "esbuild"
# The order is the cascade: later files may refine earlier ones, never the other way round.
STYLES = {
    "app.css": (
        "tokens", "base", "controls", "components", "overlay", "shell",
        "grid", "filters", "ticket", "conflict", "admin", "job", "account", "api", "responsive", "print",
    ),
    "help.css": ("tokens", "base", "controls", "components", "overlay", "help", "account", "api", "print"),
    "plain.css": ("tokens", "base", "controls", "components", "plain", "account", "print"),
    "reports.css": (
        "tokens", "base", "controls", "components", "overlay", "shell", "filters", "responsive", "dash",
        "print",
    ),
    "style.css": ("dash", "style"),  # beside app.css, in development
}  # fmt: skip
# What templates load; what several of them share becomes a part of its own, loaded once.
SCRIPTS = ("app.js", "error.js", "grid.js", "help.js", "login.js", "roles.js", "style.js", "ticket.js")
# Loaded by Dash as a classic script, ahead of its renderer, which may call its functions at once.
CLASSIC = {"overview.js": ROOT / "analytics_dash" / "assets" / "overview.js"}
# The oldest browsers that know what our sources use: popovers, dialogs, nesting, light-dark().
TARGET = "--target=chrome125,firefox128,safari17.5"
SYMBOL = re.compile(r'<symbol id="([^"]+)" viewBox="([^"]+)">(.*?)</symbol>')
# The order is the number that --g names in css/components.css.
SHEET = (
    "s-new", "s-open", "s-pending", "s-on_hold", "s-solved", "s-closed",
    "p-low", "p-normal", "p-high", "p-urgent", "user",
)  # fmt: skip
SHAPE = re.compile(r"<(?:path|circle|rect|line|polyline|polygon|ellipse)\b[^>]*/>")


class BuildError(RuntimeError):
    """Carry what esbuild says about a source it cannot build, or that it warns of."""


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
        faces = (self.source / "css" / "base.css").read_text()
        for name, content in fonts.files(self.modules_folder, faces).items():
            self.add(name, content)
        symbols = sprite(self.source / "icons", self.modules_folder)
        self.add("sprite.svg", symbols.encode())
        self.add("glyphs.svg", sheet(symbols).encode())
        for name in ("chevron.svg", "favicon.svg"):
            self.add(name, (self.source / "icons" / name).read_bytes())
        for name, parts in STYLES.items():
            text = "".join((self.source / "css" / f"{part}.css").read_text() for part in parts)
            self.add(name, esbuild("--loader=css", "--minify", TARGET, text=self.link_urls(text)))
        self.add_scripts()
        for name, path in CLASSIC.items():
            self.add(name, esbuild("--loader=js", "--minify", TARGET, text=path.read_text()))

    def add(self, name: str, content: bytes) -> None:
        """Register an output under its logical name and the hash of its content."""
        stem, _, suffix = name.rpartition(".")
        hashed = f"{stem}.{hashlib.sha256(content).hexdigest()[:8]}.{suffix}"
        self.files[name] = hashed
        self.outputs[hashed] = content

    def link_urls(self, css: str) -> str:
        """Replace `url(asset:NAME)` by the hashed name beside it."""

        def hashed(match: re.Match[str]) -> str:
            try:
                return f"url({self.files[match[1]]})"
            except KeyError as error:
                raise UnknownAssetError(match[1]) from error

        return re.sub(r"url\(asset:([^)]+)\)", hashed, css)

    def add_scripts(self) -> None:
        """Bundle the entry modules, and note which shared parts each of them loads."""
        entries = [str(self.source / "js" / name) for name in SCRIPTS]
        with tempfile.TemporaryDirectory() as folder:
            out, meta = Path(folder, "out"), Path(folder, "meta.json")
            names = ("--entry-names=[name].[hash]", "--chunk-names=part.[hash]")
            where = (f"--outdir={out}", f"--metafile={meta}")
            esbuild(*entries, "--bundle", "--splitting", "--format=esm", "--minify", TARGET, *names, *where)
            for path in sorted(out.iterdir()):
                self.outputs[path.name] = path.read_bytes()
            outputs = {
                Path(path).name: output for path, output in json.loads(meta.read_text())["outputs"].items()
            }
        for file, output in outputs.items():
            if "entryPoint" in output:
                name = Path(output["entryPoint"]).name
                self.files[name] = file
                self.modules[name] = [Path(part["path"]).name for part in output["imports"]]

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
    icons: dict[str, str] = json.loads((folder / "icons.json").read_text())
    symbols = []
    for name, lucide in sorted(icons.items()):
        shapes = SHAPE.findall((modules / "lucide-static" / "icons" / f"{lucide}.svg").read_text())
        body = "".join(re.sub(r"\s+", " ", shape).replace(" />", "/>") for shape in shapes)
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24">{body}</symbol>')
    glyphs = re.sub(r"<!--.*?-->", "", (folder / "glyphs.svg").read_text(), flags=re.DOTALL)
    symbols += [re.sub(r">\s+<", "><", s) for s in re.findall(r"<symbol.*?</symbol>", glyphs, re.DOTALL)]
    return f'<svg xmlns="http://www.w3.org/2000/svg">{"".join(symbols)}</svg>\n'


def esbuild(*arguments: str, text: str = "") -> bytes:
    """Run esbuild on files or on a text and return its output; raises BuildError with what it says."""
    command = [str(ESBUILD), *arguments, "--log-level=warning"]
    done = subprocess.run(command, input=text.encode(), capture_output=True)  # noqa: S603 - our own sources
    if done.returncode or done.stderr:
        raise BuildError(done.stderr.decode())
    return done.stdout


def sheet(symbols: str) -> str:
    """Lay the glyphs of a grid's rows side by side: a mask for CSS, so that no row repeats an SVG."""
    shapes = {m[1]: (m[2], m[3]) for m in SYMBOL.finditer(symbols)}
    drawn = "".join(
        f'<svg x="{16 * at}" width="16" height="16" viewBox="{shapes[name][0]}">{shapes[name][1]}</svg>'
        for at, name in enumerate(SHEET)
    )
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{16 * len(SHEET)}" height="16"'
    stroke = 'fill="none" stroke="#000" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round"'
    return f"{head} {stroke}>{drawn}</svg>\n"


def main() -> int:
    """Build into portal/static/build and say what it took."""
    started = time.perf_counter()
    build = Build()
    try:
        build.run()
    except FileNotFoundError as error:
        sys.stderr.write(f"Static files need {error.filename}: run `npm ci` first.\n")
        return 1
    except BuildError as error:
        sys.stderr.write(str(error))
        return 1
    build.write(BUILD)
    size = sum(map(len, build.outputs.values())) / 1024
    spent = time.perf_counter() - started
    sys.stdout.write(f"{len(build.outputs)} static files, {size:.0f} KB, built in {spent:.2f} s\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
