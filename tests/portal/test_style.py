"""The living style page shows every component, and only where the product is built."""

import re
from pathlib import Path

import pytest
from jinja2 import Environment, nodes

from portal.app import create_app
from portal.config.settings import PRODUCTION, Settings
from portal.ui import style_page
from tests.portal.pages import Page

TEMPLATES = Path(__file__).resolve().parents[2] / "portal" / "templates"
COMPONENTS = sorted((TEMPLATES / "components").glob("*.html"))


def called(tree: nodes.Node) -> set[tuple[str, str]]:
    """List the macros that a template calls, as (file, name): its own, and those it imports."""
    imported = {
        name[1] if isinstance(name, tuple) else name: (
            str(source.template.value).rpartition("/")[2],
            name[0] if isinstance(name, tuple) else name,
        )
        for source in tree.find_all(nodes.FromImport)
        for name in source.names
    }
    names = {call.node.name for call in tree.find_all(nodes.Call) if isinstance(call.node, nodes.Name)}
    return {imported.get(name, ("", name)) for name in names}


def defined() -> dict[tuple[str, str], set[tuple[str, str]]]:
    """Map every macro of the components to the macros it calls."""
    tokens = {}
    for path in COMPONENTS:
        tree = Environment().parse(path.read_text())  # noqa: S701 - nothing is rendered
        whole = called(tree)
        for macro in tree.body:
            if isinstance(macro, nodes.Macro):
                inside = {
                    call.node.name for call in macro.find_all(nodes.Call) if isinstance(call.node, nodes.Name)
                }
                tokens[path.name, macro.name] = {
                    (file or path.name, name) for file, name in whole if name in inside
                }
    return tokens


def test_every_component_is_on_the_page():
    macros = defined()
    assert len(macros) > 30, "the components have moved"
    reached, to_follow = set(), called(Environment().parse((TEMPLATES / "style.html").read_text()))  # noqa: S701
    while to_follow:
        reached |= to_follow
        to_follow = {inner for macro in to_follow for inner in macros.get(macro, ())} - reached
    missing = sorted(f"{file}: {name}" for file, name in macros.keys() - reached)
    assert not missing, f"show these on the style page (portal/templates/style.html): {missing}"


def test_the_page_shows_every_token_and_every_icon_to_anybody(site):
    page = site.read("anonymous", "/style")
    tokens = set(re.findall(r"--([\w-]+): #", (style_page.SOURCE / "css" / "tokens.css").read_text()))
    assert {f"var(--{name})" for name in tokens} <= {
        has.get("fill") for tag, has in page.tags if tag == "rect"
    }
    icons = {has["href"].partition("#")[2] for tag, has in page.tags if tag == "use"}
    assert {"s-open", "p-urgent", "inbox", "leaf", "home"} <= icons
    assert {"s-new", "s-closed", "p-low"} <= icons


@pytest.mark.parametrize("theme", ["light", "dark", "system", "none", "x" * 3000, "'\"><script>"])
def test_the_theme_is_one_of_three(site, theme):
    text = site.as_("anonymous").get("/style", query_string={"theme": theme}).text
    theme_shown = re.search(r'data-theme="(\w+)"', text)[1]
    assert theme_shown == (theme if theme in ("light", "dark") else "system")


def test_in_production_there_is_no_such_page(site, tmp_path):
    settings = Settings(environment=PRODUCTION, secret_key="s" * 48, data_dir=tmp_path)
    app = create_app(settings, site.services)
    assert app.test_client().get("/style", base_url="https://localhost").status_code == 404


def test_contrast_is_measured_as_wcag_does():
    assert style_page.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert style_page.contrast("#ffffff", "#ffffff") == 1
    assert style_page.contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


def test_text_and_marks_keep_the_contrast_of_the_design():
    ratios = {
        token["name"]: token["ratios"]
        for token in style_page.tokens((style_page.SOURCE / "css/tokens.css").read_text())
    }
    for name in (
        "text",
        "text-2",
        "text-3",
        "accent",
        "new",
        "open",
        "pending",
        "held",
        "solved",
        "due",
        "late",
    ):
        assert min(ratios[name]) >= 4.65, name
    for name in ("control", *(f"series-{n}" for n in range(1, 6))):
        assert min(ratios[name]) >= 3, name


def test_the_page_reads_as_a_page(site):
    assert "Reassigning 500 tickets" in Page(site.as_("anonymous").get("/style").text).text
