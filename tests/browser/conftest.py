"""Signed-in browsers on the running product; whatever a page complains about fails the test."""

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import APIRequestContext, Browser, BrowserContext, Page, expect

from tests.patience import PATIENCE_MS

ROLES = ("customer", "agent", "manager", "administrator")
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
DESKTOP = {"width": 1440, "height": 900}
# Most waits end within a fraction of this; a busy machine may need it all.
FRESH_S = 300  # a sign-in counts as recent for ten minutes
expect.set_options(timeout=PATIENCE_MS)


@dataclass(frozen=True)
class Person:
    """A signed-in user: the cookies of a browser, and a client that sends forms without a page."""

    email: str
    state: Any
    token: str
    http: APIRequestContext

    def post(self, path: str, **fields: Any) -> Any:
        """Send a form as this person and return the page it led to; it must be accepted."""
        answer = self.http.post(path, form={"csrf_token": self.token, **fields})
        assert answer.ok, f"{path} answered {answer.status}: {answer.text()[:400]}"
        return answer

    def new_ticket(self, subject: str, body: str = "It does not work.") -> int:
        """Open a ticket as a customer and return its number."""
        answer = self.post("/help/new", subject=subject, body=body, category="")
        return int(answer.url.rsplit("/", 1)[1])

    def version(self, ticket_id: int) -> str:
        """Read the version of a ticket from its desk page."""
        text = self.http.get(f"/desk/tickets/{ticket_id}").text()
        return re.search(r'name="version" value="(\d+)"', text)[1]

    def update(self, ticket_id: int, **fields: str) -> None:
        """Change a ticket's properties by form, as its desk page would."""
        version = self.version(ticket_id)
        self.post(f"/desk/tickets/{ticket_id}/update", version=version, **fields)


Opener = Callable[..., Page]
Lender = Callable[[str | None], Page]


@pytest.fixture(scope="session")
def sign_in(browser: Browser, live_server: Any) -> Iterator[Callable[..., Person]]:
    """Give a function that signs a user in, again when the last sign-in is too old for sensitive actions."""
    known: dict[str, tuple[float, Person]] = {}
    contexts: list[BrowserContext] = []

    def signed_in(email: str, password: str = live_server.password) -> Person:
        if email not in known or time.monotonic() - known[email][0] > FRESH_S:
            context = browser.new_context(base_url=live_server.url)
            contexts.append(context)
            token = TOKEN.search(context.request.get("/login").text())[1]
            form = {"csrf_token": token, "email": email, "password": password}
            landed = context.request.post("/login", form=form)
            assert landed.ok, f"{email} could not sign in: {landed.status}"
            page = context.request.get("/help/new" if "/help/" in landed.url else "/desk/new")
            token = TOKEN.search(page.text())[1]
            known[email] = time.monotonic(), Person(email, context.storage_state(), token, context.request)
        return known[email][1]

    yield signed_in
    for context in contexts:
        context.close()


@pytest.fixture
def join(browser: Browser, people: dict[str, Person], live_server: Any) -> Iterator[Callable[..., None]]:
    """Give a function that creates a user, who accepts the invitation with a password."""
    context = browser.new_context(base_url=live_server.url)

    def joined(name: str, email: str, role: str, password: str = live_server.password) -> None:
        people["administrator"].post("/admin/users/new/", name=name, email=email, role_id=role)
        mail_message = re.compile(
            rf'href="(/mailbox/\w+)">[^<]*</a><br><span class="meta">to {re.escape(email)},'
        )
        deadline = time.monotonic() + PATIENCE_MS / 1000
        while not (link_match := mail_message.search(context.request.get("/mailbox/").text())):
            assert time.monotonic() < deadline, f"no email came for {email}"
            time.sleep(0.1)
        link = re.search(r"/account/welcome/[\w.\-]+", context.request.get(link_match[1]).text())[0]
        token = TOKEN.search(context.request.get(link).text())[1]
        assert context.request.post(link, form={"csrf_token": token, "password": password}).ok

    yield joined
    context.close()


@pytest.fixture
def people(sign_in: Callable[..., Person], live_server: Any) -> dict[str, Person]:
    """Give the demo account of each role, signed in."""
    return {role: sign_in(live_server.email(role)) for role in ROLES}


@pytest.fixture
def token_of(people: dict[str, Person]) -> Callable[[str, list[str]], str]:
    """Create an API token as a person of a role, and return its secret."""

    def create(role: str, scopes: list[str]) -> str:
        form = [("name", "Program"), ("days", "7"), *(("scope", scope) for scope in scopes)]
        data = urlencode([("csrf_token", people[role].token), *form])
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        page = people[role].http.post("/account/tokens/", data=data, headers=headers)
        return re.search(r"ld_[\w-]{40,}", page.text())[0]

    return create


class Watch:
    """Collects what pages complain about: script errors, blocked content, requests that fail."""

    def __init__(self) -> None:
        self.faults: list[str] = []
        self.expected: set[int] = set()

    def over(self, page: Page) -> None:
        """Start to watch a page."""
        for event, listener in self._listeners():
            page.on(event, listener)

    def leave(self, page: Page) -> None:
        """Stop watching a page."""
        for event, listener in self._listeners():
            page.remove_listener(event, listener)

    def _listeners(self) -> tuple[tuple[Any, Callable[[Any], None]], ...]:
        return (
            ("pageerror", self._on_page_error),
            ("console", self._on_console),
            ("requestfailed", self._on_request_failed),
            ("response", self._on_response),
        )

    def _on_page_error(self, error: Any) -> None:
        self.faults.append(str(error))

    def _on_console(self, message: Any) -> None:
        # `_on_response` reports a response with an error status.
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self.faults.append(f"{message.page.url}: {message.text}")

    def _on_request_failed(self, request: Any) -> None:
        # Leaving a page or starting a download aborts what is still loading. "csp" is reported where scripts
        # are off; what our own policy blocks is an error on the console.
        if request.failure not in ("net::ERR_ABORTED", "csp"):
            self.faults.append(f"{request.url}: {request.failure}")

    def _on_response(self, response: Any) -> None:
        if response.status >= 400 and response.status not in self.expected:
            self.faults.append(f"{response.url}: {response.status}")


@pytest.fixture
def watch() -> Iterator[Watch]:
    """Watch all pages of a test; the statuses it expects go into `expected`."""
    watching = Watch()
    yield watching
    assert not watching.faults


@pytest.fixture
def open_as(browser: Browser, live_server: Any, people: dict[str, Person], watch: Watch) -> Iterator[Opener]:
    """Give a function that opens a page in a new browser of a role, a person, or (None) nobody."""
    contexts: list[BrowserContext] = []

    def opened(who: str | Person | None, path: str | None = None, **options: Any) -> Page:
        person = people[who] if isinstance(who, str) else who
        context = browser.new_context(
            base_url=live_server.url,
            storage_state=person.state if person else None,
            reduced_motion="reduce",
            **{"viewport": DESKTOP, **options},
        )
        contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        watch.over(page)
        if path:
            page.goto(path)
        return page

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def module_page(browser: Browser, live_server: Any) -> Iterator[Callable[[Person | None], Page]]:
    """Give a function that returns a user's page, the same one for a whole module."""
    pages: dict[str, Page] = {}

    def page_of(person: Person | None) -> Page:
        key = person.token if person else ""
        if key not in pages:
            state = person.state if person else None
            context = browser.new_context(
                base_url=live_server.url, storage_state=state, reduced_motion="reduce", viewport=DESKTOP
            )
            context.set_default_timeout(PATIENCE_MS)
            pages[key] = context.new_page()
        return pages[key]

    yield page_of
    for page in pages.values():
        page.context.close()


@pytest.fixture
def page_of(
    module_page: Callable[[Person | None], Page], people: dict[str, Person], watch: Watch
) -> Iterator[Lender]:
    """Give a function that returns the page which the tests of a module share, as a role or signed out.

    Starting a new browser for every page takes longer than checking the page.
    """
    lent: list[Page] = []

    def opened(role: str | None) -> Page:
        lent.append(module_page(people[role] if role else None))
        watch.over(lent[-1])
        return lent[-1]

    yield opened
    for page in lent:
        watch.leave(page)
