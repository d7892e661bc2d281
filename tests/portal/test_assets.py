"""The static build: names, links between files, budgets, and what the sources promise."""

import gzip
import json
import re
from pathlib import Path

import brotli
import pytest

from portal.assets.build import SCRIPTS, STYLES, TARGET, Build, BuildError, esbuild
from portal.assets.manifest import SOURCE, Assets, AssetsNotBuiltError, UnknownAssetError

TEMPLATES = Path(__file__).resolve().parents[2] / "portal" / "templates"
KB = 1024


@pytest.fixture(scope="module")
def build() -> Build:
    build = Build()
    build.run()
    return build


@pytest.fixture(scope="module")
def folder(build: Build, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("static")
    build.write(path)
    return path


def text(build: Build, name: str) -> str:
    return build.outputs[build.files[name]].decode()


def test_a_build_is_the_same_every_time(build: Build) -> None:
    again = Build()
    again.run()
    assert again.outputs == build.outputs
    assert again.files == build.files


def test_every_script_leaves_the_keys_of_a_composition_to_the_input_method(build: Build) -> None:
    for entry in SCRIPTS:
        loaded = [build.files[entry], *build.modules[entry]]
        assert any(b"isComposing" in build.outputs[name] for name in loaded), entry


def test_every_name_leads_to_its_content(folder: Path) -> None:
    assets = Assets.load(folder)
    for name in assets.files:
        url = assets.url(name)
        assert (folder / url.removeprefix("/static/")).is_file()
        assert assets.immutable("", url)
    assert not assets.immutable("", "/static/manifest.json")


def test_compressed_variants_hold_the_same_text(folder: Path) -> None:
    css = folder / json.loads((folder / "manifest.json").read_text())["files"]["app.css"]
    plain = css.read_bytes()
    assert brotli.decompress(css.with_name(css.name + ".br").read_bytes()) == plain
    assert gzip.decompress(css.with_name(css.name + ".gz").read_bytes()) == plain


def test_a_second_build_drops_what_is_no_longer_named(folder: Path, build: Build) -> None:
    old = folder / "app.00000000.css"
    for path in (old, old.with_name(old.name + ".br")):
        path.write_text("old")
    build.write(folder)
    assert not old.exists()
    assert not old.with_name(old.name + ".br").exists()
    assert (folder / build.files["app.css"]).exists()


def test_an_unknown_name_and_a_missing_build_say_so(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(UnknownAssetError):
        Assets.load(folder).url("nothing.css")
    with pytest.raises(AssetsNotBuiltError, match=r"portal\.assets\.build"):
        Assets.load(tmp_path)


def test_entries_name_parts_of_the_build_and_preload_them(build: Build, folder: Path) -> None:
    assets = Assets.load(folder)
    for name in SCRIPTS:
        imported = set(re.findall(r"""(?:from|import)\s*["']\./([^"']+)["']""", text(build, name)))
        assert imported <= set(build.outputs)
        assert imported <= {address.removeprefix("/static/") for address in assets.preloads(name)}
    assert assets.preloads("grid.js")


def test_every_script_that_a_template_loads_is_an_entry_and_every_entry_is_loaded() -> None:
    pages = "".join(path.read_text() for path in TEMPLATES.rglob("*.html"))
    assert set(re.findall(r"""module\("([\w-]+\.js)"\)""", pages)) == set(SCRIPTS)


def test_no_module_is_left_over() -> None:
    sources = {path.name: path.read_text() for path in (SOURCE / "js").glob("*.js")}
    imported = {
        name
        for source in sources.values()
        for name in re.findall(r'(?:from|import) "\./([\w-]+\.js)"', source)
    }
    assert set(sources) == imported | set(SCRIPTS)


def test_a_source_that_cannot_be_built_says_where() -> None:
    with pytest.raises(BuildError, match=r"Expected"):
        esbuild("--loader=js", text="export const = 1;")
    with pytest.raises(BuildError, match=r"Expected"):
        esbuild("--loader=css", "--minify", TARGET, text="a { color red; }")


def test_stylesheets_name_only_files_of_the_build(build: Build) -> None:
    for name in build.files:
        if name.endswith(".css"):
            for url in re.findall(r"url\(([^)]+)\)", text(build, name)):
                assert url in build.outputs, f"{name} names {url}"


def test_our_own_scripts_stay_small(build: Build) -> None:
    scripts = sum(len(content) for name, content in build.outputs.items() if name.endswith(".js"))
    assert scripts <= 54 * KB


def test_no_page_loads_more_than_a_small_stylesheet(build: Build) -> None:
    loaded = {name: len(text(build, name)) for name in STYLES}
    del loaded["style.css"]  # development alone
    assert {name: size for name, size in loaded.items() if size > 72 * KB} == {}


def test_every_icon_that_is_used_is_in_the_sprite(build: Build) -> None:
    known = set(re.findall(r'<symbol id="([^"]+)"', text(build, "sprite.svg")))
    used = set()
    for path in TEMPLATES.rglob("*.html"):
        page = path.read_text()
        used |= set(re.findall(r'\bicon\("([\w-]+)"', page)) | set(re.findall(r"#([\w-]+)\"/></svg>", page))
        used |= {
            name
            for call in re.findall(r"\bicon\((.*?)\)", page)
            for name in re.findall(r' else "([\w-]+)"', call)
        }
    for path in (SOURCE / "js").glob("*.js"):
        used |= set(re.findall(r'\bicon\("([\w-]+)"', path.read_text()))
    used = {name for name in used if not name.endswith("-")}
    assert used <= known, used - known
    statuses = {"new", "open", "pending", "on_hold", "solved", "closed"}
    assert {f"s-{status}" for status in statuses} <= known
    assert {f"p-{priority}" for priority in ("low", "normal", "high", "urgent")} <= known


def test_the_two_dark_themes_are_alike() -> None:
    tokens = (SOURCE / "css" / "tokens.css").read_text()
    chosen = re.search(r'\[data-theme="dark"\] \{(.*?)\}', tokens, re.DOTALL)[1]
    by_system = re.search(r'scheme: dark\) \{\s*\[data-theme="system"\] \{(.*?)\}', tokens, re.DOTALL)[1]
    declared = re.findall(r"(--[\w-]+): (.*?);", chosen)
    assert declared == re.findall(r"(--[\w-]+): (.*?);", by_system)
    light = dict(re.findall(r"(--[\w-]+): (#\w+);", tokens.split("}")[0]))
    assert set(light) == {name for name, _ in declared}, "every colour has both themes"


def test_colours_stand_only_in_the_tokens_or_name_both_themes() -> None:
    for path in (SOURCE / "css").glob("*.css"):
        if path.name == "tokens.css":
            continue
        plain = re.sub(
            r"light-dark\([^;]*\)", "", re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)
        )
        # The bars and toasts are dark in both themes: white and its companions may stand there.
        colours = set(re.findall(r"#[0-9a-fA-F]{3,8}\b", plain)) - {"#fff", "#1f1f1d", "#b9c8ff"}
        assert not colours - {"#7ed79b", "#ff9d90", "#d6d6d3"}, f"{path.name}: {colours}"


def test_pages_hold_no_inline_style_handler_or_script() -> None:
    for path in TEMPLATES.rglob("*.html"):
        page = path.read_text()
        assert not re.search(r"\sstyle=|\son[a-z]+=\"|javascript:", page), path.name
        for script in re.findall(r"<script\b[^>]*>", page):
            assert "nonce=" in script or 'type="application/json"' in script, path.name


def test_scripts_evaluate_nothing() -> None:
    for path in (SOURCE / "js").glob("*.js"):
        assert not re.search(
            r"\beval\(|new Function|innerHTML|outerHTML|insertAdjacentHTML", path.read_text()
        ), path.name
