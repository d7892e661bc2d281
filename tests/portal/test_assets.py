"""The static build: names, links between files, budgets, and what the sources promise."""

import gzip
import json
import re
import time
from pathlib import Path

import brotli
import pytest

from portal.assets import SOURCE, Assets, AssetsNotBuiltError, Build, UnknownAssetError, minify_css, minify_js

TEMPLATES = Path(__file__).resolve().parents[2] / "portal" / "templates"
KB = 1024


@pytest.fixture(scope="module")
def build() -> Build:
    made = Build()
    made.run()
    return made


@pytest.fixture(scope="module")
def folder(build: Build, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("static")
    build.write(path)
    return path


def text(build: Build, name: str) -> str:
    return build.outputs[build.files[name]].decode()


def test_a_build_is_quick_and_the_same_every_time(build: Build) -> None:
    again = Build()
    began = time.perf_counter()
    again.run()
    assert time.perf_counter() - began < 2
    assert again.outputs == build.outputs
    assert again.files == build.files


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
    with pytest.raises(AssetsNotBuiltError, match=r"portal\.assets"):
        Assets.load(tmp_path)


def test_modules_import_hashed_names_and_are_preloaded_deepest_first(build: Build, folder: Path) -> None:
    for name in build.modules:
        for imported in re.findall(r"""(?:from|import)\s*["']\./([^"']+)["']""", text(build, name)):
            assert imported in build.outputs, f"{name} imports {imported}"
    preloads = Assets.load(folder).preloads("grid.js")
    assert preloads
    assert preloads.index(f"/static/{build.files['dom.js']}") < preloads.index(
        f"/static/{build.files['toast.js']}"
    )


def test_modules_that_import_each_other_are_refused(tmp_path: Path) -> None:
    (tmp_path / "js").mkdir()
    (tmp_path / "js" / "a.js").write_text('import { b } from "./b.js";\n')
    (tmp_path / "js" / "b.js").write_text('import { a } from "./a.js";\n')
    with pytest.raises(ValueError, match=r"a\.js -> b\.js -> a\.js"):
        Build(source=tmp_path).add_module("a.js", ())


def test_stylesheets_name_only_files_of_the_build(build: Build) -> None:
    for name in build.files:
        if name.endswith(".css"):
            for url in re.findall(r"url\(([^)]+)\)", text(build, name)):
                assert url in build.outputs, f"{name} names {url}"


def test_budgets(build: Build) -> None:
    scripts = sum(len(text(build, name)) for name in build.files if name.endswith(".js"))
    assert scripts <= 40 * KB
    for name in build.files:
        if name.endswith(".css"):
            assert len(text(build, name)) <= 60 * KB, name


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
    by_system = re.search(r'@media.*?\[data-theme="system"\] \{(.*?)\}', tokens, re.DOTALL)[1]
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
        found = set(re.findall(r"#[0-9a-fA-F]{3,8}\b", plain)) - {"#fff", "#1f1f1d", "#b9c8ff"}
        assert not found - {"#7ed79b", "#ff9d90", "#d6d6d3"}, f"{path.name}: {found}"


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


def test_minifying_keeps_what_matters() -> None:
    css = "a , b { color : red; }\n/* note */\n.x:hover { width: calc(100% - 2px); }"
    assert minify_css(css) == "a,b{color :red}.x:hover{width:calc(100% - 2px)}\n"
    js = '/** What it does. */\nexport const a = "http://x";\n\n  // why\n  b();\n'
    assert minify_js(js) == 'export const a = "http://x";\nb();\n'
