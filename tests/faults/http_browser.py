"""A minimal HTTP browser: keeps cookies, reads forms from pages and sends them."""

import http.client
from dataclasses import dataclass
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode

from tests.faults.product import PASSWORD
from tests.patience import PATIENCE
from tests.portal.pages import Form, Page


class NoAnswer(Exception):
    """The request got no response: nobody knows whether it was carried out."""


@dataclass
class Answer:
    """A response."""

    status: int
    location: str
    text: str


class Visitor:
    """One user at one browser."""

    def __init__(self, port: int, role: str) -> None:
        """Sign in as the demo account of a role."""
        self.role = role
        self._port = port
        self._cookies: dict[str, str] = {}
        self._connection: http.client.HTTPConnection | None = None
        form = self.page("/login").form("/login")
        answer = self.send(form, email=f"{role}@demo.example", password=PASSWORD)
        assert answer.status == 302, answer.text

    def page(self, path: str) -> Page:
        """Open a page; raises NoAnswer while it is unavailable."""
        answer = self._ask("GET", path)
        if answer.status == 503:
            raise NoAnswer(f"{path} answered 503")
        assert answer.status == 200, f"{path} answered {answer.status} {answer.location}: {answer.text[:500]}"
        return Page(answer.text)

    def send(self, form: Form, **changes: Any) -> Answer:
        """Send a form; raises NoAnswer when the connection breaks."""
        return self._ask("POST", form.action, urlencode(form.filled(**changes), doseq=True))

    def _ask(self, method: str, path: str, body: str | None = None) -> Answer:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        if self._connection is None:
            self._connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE)
        try:
            self._connection.request(method, path, body, headers)
            response = self._connection.getresponse()
            text = response.read().decode()
        except (OSError, http.client.HTTPException) as error:
            self.leave()
            raise NoAnswer(type(error).__name__) from error
        for line in response.headers.get_all("Set-Cookie", ()):
            for name, morsel in SimpleCookie(line).items():
                self._cookies[name] = morsel.value
        return Answer(response.status, response.headers.get("Location", ""), text)

    def leave(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
