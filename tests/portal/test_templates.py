"""Templates: readable in the source, minified when they are compiled."""

from pathlib import Path

import pytest
from jinja2 import DictLoader, Environment, TemplateAssertionError, TemplateSyntaxError

from portal.assets.template_minifier import OPTIONAL_END_TAGS, TemplateMinifier

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = (ROOT / "portal" / "templates", ROOT / "pynamodb_grid" / "admin" / "templates")
TEMPLATES = sorted(path for folder in FOLDERS for path in folder.rglob("*.html"))
LONGEST_LINE = 140


def render(source: str, **context: object) -> str:
    loader = DictLoader({"page.html": source})
    environment = Environment(loader=loader, autoescape=True, extensions=[TemplateMinifier])
    return environment.get_template("page.html").render(context)


def test_lines_are_short():
    assert len(TEMPLATES) > 50, "the templates have moved"
    long = [
        f"{path.relative_to(ROOT)}:{number} has {len(line)}"
        for path in TEMPLATES
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if len(line) > LONGEST_LINE
    ]
    assert not long, f"lines over {LONGEST_LINE} characters: {long}"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("<ul>\n  <b>One</b>\n  <b>two</b>\n</ul>\n", "<ul><b>One</b><b>two</b></ul>"),
        ("<b>One</b> <b>two</b>", "<b>One</b> <b>two</b>"),
        ("<b>One</b>\n{{ ' ' }}\n<b>two</b>", "<b>One</b> <b>two</b>"),
        ("<a>\n  {{ name }}\n  {{ name }}\n</a>", "<a>AdaAda</a>"),
        ("<b>Read\n   this,\n  <i>please</i></b>", "<b>Read this, <i>please</i></b>"),
        ("{% if name %}\n  <b>\n    {{ name }}\n  </b>\n{% endif %}", "<b>Ada</b>"),
        ("<input\n  name='a'\n  {% if name %}checked{% endif %}\n>", '<input name="a" checked>'),
        ('<input\n  {% if not name %}checked{% endif %}\n  value="{{ name }}"\n>', '<input  value="Ada">'),
        ('<p\n  class="a {% if name %}b{% endif %}"\n></p>', '<p class="a b"></p>'),
        ('<p title="a &amp; b" hidden></p>', '<p title="a &amp; b" hidden></p>'),
        ("<textarea>\n\n  {{ name }}\n</textarea>", "<textarea>\n\n  Ada\n</textarea>"),
        ("<tr>\n  <td>1</td>\n  <td>2</td>\n</tr>", "<tr><td>1<td>2"),
        ("<p>{# a remark #}</p>", "<p></p>"),
    ],
)
def test_only_what_makes_a_source_readable_is_dropped(source, expected):
    assert render(source, name="Ada") == expected


def test_values_are_never_minified():
    assert render("<p>\n  {{ text }}\n</p>", text="a\n  <b>") == "<p>a\n  &lt;b&gt;</p>"


def test_an_error_names_the_line_of_the_source():
    with pytest.raises(TemplateSyntaxError) as caught:
        render("<p>\n  {{ name }}\n</p>\n{% iff name %}\n")
    assert caught.value.lineno == 4


def test_a_source_that_the_minifier_cannot_follow_is_refused():
    with pytest.raises(TemplateAssertionError):
        render("<p>jinja:0:</p>")


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_template_keeps_all_but_its_blanks(path):
    def tokens(environment: Environment) -> str:
        text = "".join(str(token.value) for token in environment._tokenize(path.read_text(), path.name))
        return "".join(OPTIONAL_END_TAGS.sub("", text).lower().split())

    assert tokens(Environment(extensions=[TemplateMinifier])) == tokens(Environment())  # noqa: S701
