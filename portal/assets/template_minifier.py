"""Minify templates when Jinja compiles them: readable sources, small pages, no cost per request."""

import re
from collections.abc import Iterator

from htmlmin import Minifier
from jinja2 import TemplateAssertionError
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream

# What stands for a Jinja expression or statement while the library reads the HTML around it: in an element's
# content a comment, which it takes for markup, inside a tag a bare word.
PLACEHOLDER = re.compile(r"(?:<!--)?jinja:(\d+):(?:-->)?")
# HTML closes these by itself where the next one begins or their parent ends; a page of tickets has 250.
OPTIONAL_END_TAGS = re.compile("</(?:td|tr|li|option)>")
BEGINS = {"variable_begin", "block_begin"}
ENDS = {"variable_end", "block_end"}


class TemplateMinifier(Extension):
    """Drop what only makes a template readable: line breaks and indentation.

    A line break between two tags, expressions or statements leaves nothing behind; beside a word it is a
    space. Two elements that need a space between them stand on one line, or have {{ " " }} between them.
    Only the text between Jinja's tokens changes, so error messages keep their line numbers.
    """

    def filter_stream(self, stream: TokenStream) -> TokenStream | Iterator[Token]:
        """Minify the HTML of one template."""
        if not (stream.name or "").endswith(".html"):
            return stream
        return _minify(list(stream), stream.name or "")


def _minify(tokens: list[Token], name: str) -> Iterator[Token]:
    html, constructs = _with_placeholders(tokens)
    pieces = PLACEHOLDER.split(OPTIONAL_END_TAGS.sub("", _minifier().minify(html)))
    texts, numbers = pieces[::2], pieces[1::2]
    if numbers != [str(number) for number in range(len(constructs))]:
        raise TemplateAssertionError("The minifier lost a Jinja expression or statement.", 1, name)
    line = 1
    for text, construct in zip(texts, [*constructs, []], strict=True):
        if text:
            yield Token(line, "data", text)
        yield from construct
        line = construct[-1].lineno if construct else line


def _minifier() -> Minifier:
    return Minifier(
        remove_empty_space=True,
        # Everything else stays as it is written: attributes hold Jinja, which decides what they become.
        reduce_empty_attributes=False,
        remove_optional_attribute_quotes=False,
        convert_charrefs=False,
    )


def _with_placeholders(tokens: list[Token]) -> tuple[str, list[list[Token]]]:
    """Return the template's HTML with placeholders, and the tokens that each of them stands for."""
    html: list[str] = []
    constructs: list[list[Token]] = []
    within_tag = False
    for token in tokens:
        if token.type in BEGINS:
            constructs.append([])
            mark = f"jinja:{len(constructs) - 1}:"
            html.append(mark if within_tag else f"<!--{mark}-->")
        if token.type == "data":
            html.append(token.value)
            opened, closed = token.value.rfind("<"), token.value.rfind(">")
            within_tag = opened > closed if opened != closed else within_tag
        else:
            constructs[-1].append(token)
    return "".join(html), constructs
