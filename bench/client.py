"""One browser's connection: keep-alive, cookies, forms with their token."""

import gzip
import html
import http.client
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import brotli

from local.ports import LOOPBACK

TIMEOUT = 30.0
FORM_COOKIE = "ledgerdesk_form"
MOST_REDIRECTS = 4
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
_BROKEN = (
    http.client.RemoteDisconnected,
    http.client.CannotSendRequest,
    BrokenPipeError,
    ConnectionResetError,
)
_DECODE = {"gzip": gzip.decompress, "br": brotli.decompress}
# What every browser sends along: the server must compress for us too.
_HEADERS = {
    "Accept": "text/html,application/xhtml+xml,*/*;q=0.8",
    "Accept-Encoding": "gzip, deflate, br",
    "Accept-Language": "en",
    "User-Agent": "Mozilla/5.0 bench",
}


class WrongAnswer(Exception):
    """The product's answer is not what the operation must give; counted as an error."""


@dataclass(frozen=True)
class Answer:
    """One answer with its body decoded."""

    status: int
    headers: http.client.HTTPMessage
    text: str

    def json(self) -> Any:
        """Read the body as JSON."""
        return json.loads(self.text)

    @property
    def location(self) -> str:
        """Return where a redirect leads, "" when this is none."""
        return self.headers.get("Location", "") if self.status in (302, 303) else ""

    @property
    def token(self) -> str:
        """Return the token of the page's forms; raises WrongAnswer when it has none."""
        match = _TOKEN.search(self.text)
        if match is None:
            raise WrongAnswer(f"no form on the page (status {self.status})")
        return html.unescape(match[1])


class Client:
    """Keeps one connection and one set of cookies."""

    def __init__(self, port: int, cookies: Mapping[str, str] | None = None) -> None:
        self.port = port
        self.cookies = dict(cookies or {})
        self._connection = http.client.HTTPConnection(LOOPBACK, port, timeout=TIMEOUT)

    def get(self, path: str) -> Answer:
        """Ask for a page; raises WrongAnswer unless it is there."""
        answer = self.send("GET", path)
        if answer.status != http.HTTPStatus.OK:
            raise WrongAnswer(f"GET {path[:80]} answered {answer.status}")
        return answer

    def post_form(self, path: str, fields: Mapping[str, str]) -> Answer:
        """Send a form."""
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.send("POST", path, urlencode(fields).encode(), headers)

    def send(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Send a request, once more when the server had closed the idle connection."""
        sent = {**_HEADERS, **(headers or {})}
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        try:
            return self._exchange(method, path, body, sent)
        except _BROKEN:
            self._connection.close()
            return self._exchange(method, path, body, sent)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _exchange(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        self._connection.request(method, path, body, headers)
        response = self._connection.getresponse()
        data = response.read()
        decode = _DECODE.get(response.headers.get("Content-Encoding", ""))
        if decode is not None:
            data = decode(data)
        for line in response.headers.get_all("Set-Cookie") or []:
            name, _, rest = line.partition("=")
            self.cookies[name.strip()] = rest.split(";")[0]
        return Answer(response.status, response.headers, data.decode())


def sign_in(port: int, email: str, password: str) -> dict[str, str]:
    """Sign in as a person would, see the front page, and return the cookies; raises WrongAnswer."""
    client = Client(port)
    token = client.get("/login").token
    fields = {"csrf_token": token, "email": email, "password": password, "next": ""}
    answer = client.post_form("/login", fields)
    if not answer.location:
        raise WrongAnswer(f"signing in as {email} answered {answer.status}")
    for _ in range(MOST_REDIRECTS):
        if not answer.location:
            break
        answer = client.send("GET", answer.location)
    client.close()
    if not answer.token:  # a page with a form has bound the token of all forms to these cookies
        raise WrongAnswer(f"the front page of {email} has an empty token")
    return client.cookies
