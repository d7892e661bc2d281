"""What a browser makes of a page: its forms with what they would send, its links, its text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any


@dataclass
class Form:
    """One form; `fields` is what it would send untouched, `buttons` are (name, value)."""

    id: str
    action: str
    method: str
    fields: dict[str, list[str]] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)
    offers: dict[str, list[str]] = field(default_factory=dict)

    def one(self, name: str) -> str:
        """Return the only value of a field."""
        (value,) = self.fields[name]
        return value

    def filled(self, **changes: str | Sequence[str]) -> dict[str, Any]:
        """Return what the form sends after somebody changed some fields."""
        return {**self.fields, **changes}


class Page(HTMLParser):
    """Reads a page once: forms, links, scripts, attributes that no page should have, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: list[Form] = []
        self.links: list[str] = []
        self.scripts: list[dict[str, str]] = []
        self.tags: list[tuple[str, dict[str, str]]] = []
        self._words: list[str] = []
        self._open: Form | None = None
        self._by_id: dict[str, Form] = {}
        self._late: list[tuple[str, str, str, bool]] = []
        self._area: tuple[str, str | None, list[str]] | None = None
        self._select: tuple[str, str | None] | None = None
        self._options: list[tuple[str, bool]] = []
        self._silent = 0
        self.feed(text)
        self.close()
        for form_id, name, value, is_button in self._late:
            if form_id in self._by_id:
                self._keep(self._by_id[form_id], name, value, is_button)

    @property
    def text(self) -> str:
        """Return what can be read, blanks collapsed."""
        return " ".join(" ".join(self._words).split())

    def form(self, action: str) -> Form:
        """Return the form that posts to an address (its beginning is enough)."""
        forms = [form for form in self.forms if form.action.startswith(action) and form.method == "post"]
        assert forms, f"no form posts to {action}: {[form.action for form in self.forms]}"
        return forms[0]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take note of a tag."""
        has = {name: value or "" for name, value in attrs}
        self.tags.append((tag, has))
        if tag in ("script", "style"):
            self._silent += 1
        if tag == "script":
            self.scripts.append(has)
        if tag == "a" and "href" in has:
            self.links.append(has["href"])
        if tag == "form":
            self._open = Form(has.get("id", ""), has.get("action", ""), has.get("method", "get").lower())
            self.forms.append(self._open)
            self._by_id[self._open.id] = self._open
        if tag in ("input", "button", "textarea", "select") and has.get("name"):
            self._control(tag, has)
        if tag == "option" and self._select is not None:
            self._options.append((has.get("value", ""), "selected" in has))

    def handle_endtag(self, tag: str) -> None:
        """Close what the tag closes."""
        if tag in ("script", "style"):
            self._silent -= 1
        if tag == "form":
            self._open = None
        if tag == "textarea" and self._area is not None:
            name, owner, words = self._area
            self._area = None
            text = "".join(words)
            self._send(owner, name, text.removeprefix("\n"))
        if tag == "select" and self._select is not None:
            self._end_select()

    def handle_data(self, data: str) -> None:
        """Collect text."""
        if self._area is not None:
            self._area[2].append(data)
        elif not self._silent:
            self._words.append(data)

    def _control(self, tag: str, has: Mapping[str, str]) -> None:
        owner, name = has.get("form"), has["name"]
        if tag == "textarea":
            self._area = (name, owner, [])
        elif tag == "select":
            self._select, self._options = (name, owner), []
        elif tag == "button":
            self._send(owner, name, has.get("value", ""), is_button=True)
        elif has.get("type") in ("checkbox", "radio"):
            if "checked" in has:
                self._send(owner, name, has.get("value", "on"))
        elif has.get("type") != "submit":
            self._send(owner, name, has.get("value", ""))

    def _end_select(self) -> None:
        assert self._select is not None
        name, owner = self._select
        values = [value for value, _ in self._options]
        chosen = [value for value, is_chosen in self._options if is_chosen] or values[:1]
        form = self._by_id.get(owner) if owner else self._open
        if form is not None:
            form.offers[name] = values
        for value in chosen:
            self._send(owner, name, value)
        self._select = None

    def _send(self, owner: str | None, name: str, value: str, *, is_button: bool = False) -> None:
        if owner is not None:
            self._late.append((owner, name, value, is_button))
        elif self._open is not None:
            self._keep(self._open, name, value, is_button)

    @staticmethod
    def _keep(form: Form, name: str, value: str, is_button: bool) -> None:
        if is_button:
            form.buttons.append((name, value))
        else:
            form.fields.setdefault(name, []).append(value)
