"""The real application with a person for every column of the matrix, and things to try their rights on."""

import re
import runpy
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from functools import cached_property
from itertools import count
from typing import Any

import pyotp
from flask import Flask
from flask.testing import FlaskClient

from local.settings import ROOT, Settings
from models import user as user_table
from models.api_token import ApiToken
from models.user import User
from services.bootstrap import Services
from services.jobs import Job
from services.tickets import Ticket
from services.tickets.bulk import CHANGE
from services.users.accounts import Purpose
from services.users.api_tokens.api_tokens import hash_secret
from services.users.credentials import Origin
from services.users.identity import BUILT_IN, SYSTEM, Actor, Permission, Scope
from services.users.identity import Role as StoredRole
from services.users.identity import User as Somebody
from tests.authorization.matrix import MATRIX
from tests.portal.conftest import PASSWORD, TOKEN
from tests.portal.pages import Page
from tests.provider.fake import Fake

NOBODY, STRANGER = "nobody", "stranger"
LINK = re.compile(r"/(?:account/\w+|register)/([\w.\-]+)")
HOLDS = {"billing": "Billing", "devices": "Devices"}  # everybody is in the first team, nobody in the second
TEAM, FOREIGN_TEAM = HOLDS
ORGANIZATION = "works"  # everybody's but the stranger's; its members share their tickets


@dataclass
class Person:
    """Somebody of a role, signed in with a browser; `column` is theirs in the matrix."""

    column: str
    user_id: str
    email: str
    cookies: dict[str, str]
    token: str
    actor: Actor | None


class MatrixSite:
    """The application as wsgi.py builds it; people, tickets and other things by their names in the matrix."""

    def __init__(self, provider: Fake) -> None:
        self.provider = provider
        namespace = runpy.run_path(str(ROOT / "wsgi.py"))
        self.app: Flask = namespace["app"]
        self.services: Services = namespace["services"]
        self._numbers = count(1)
        self._tokens: dict[str, str] = {}
        self.services.users.roles.ensure_built_in()
        for role_id, permissions in (MATRIX.roles | MATRIX.limited).items():
            self.role(role_id, {Permission(p): Scope[scope.upper()] for p, scope in permissions.items()})
        for team in HOLDS.values():
            self.entry("team", team)
        self.entry("category", "Invoices")
        self.entry("organization", ORGANIZATION.title())
        self.services.users.registration_policy.save(
            actor=SYSTEM, now=self.now(), registration="on", domains="", expected_version=0
        )
        self._hash = self._hashed()
        self.people = {column: self.person(column) for column in [*BUILT_IN, *MATRIX.roles, *MATRIX.limited]}
        self.stranger = self.person(STRANGER)
        self.people[NOBODY] = self._signed_in(NOBODY, self.stranger.user_id, "", {})
        self.colleague = self.person("customer")
        self._others = {
            "above": self.person("administrator"),
            "elsewhere": self.person("clerk", FOREIGN_TEAM),
        }
        self._tokens = {person.user_id: self.token(person)[0] for person in self._everybody()}
        self._shared = {kind: self.ticket(self.stranger, kind) for kind in ("shared", "team", "foreign")}
        self._own = {column: self.ticket(person, "own") for column, person in self.people.items()}
        self.spare_role = self.new_role()
        everybody = [person for person in self._everybody() if person.actor is not None]
        self._jobs = {person.user_id: self.job(person, 1) for person in everybody}
        self.services.reporting.analytics.follow(now=self.now())

    @staticmethod
    def now() -> datetime:
        """Return the time as requests see it."""
        return datetime.now(UTC)

    @property
    def settings(self) -> Settings:
        """Return how the application runs."""
        settings: Settings = self.app.extensions["settings"]
        return settings

    # People

    def _hashed(self) -> str:
        user = self.services.users.accounts.create(
            actor=SYSTEM, now=self.now(), name="First", email="first@demo.example", role_id="customer",
            password=PASSWORD,
        )  # fmt: skip
        item = user_table.find(user.user_id)
        assert item is not None
        return str(item.password_hash)

    def person(self, column: str, team: str = TEAM) -> Person:
        """Bring somebody new and sign them in; most are in one team, whatever their role makes of it."""
        number = next(self._numbers)
        name, user_id = f"{column.title()} {number}", f"{column}-{number}"
        item = User(
            user_id=user_id,
            name=name,
            sort_name=name.casefold(),
            email=f"{user_id}@demo.example",
            role_id="customer" if column in (STRANGER, NOBODY) else column,
            team_ids=[] if column == STRANGER else [team],
            organization_id=None if column == STRANGER else ORGANIZATION,
            password_hash=self._hash,
            created_at=self.now(),
            verified_at=self.now(),
        )
        user_table.put(item, expected_version=0)
        session = self.services.users.sessions.start(user_id=user_id, now=self.now())
        return self._signed_in(column, user_id, str(item.email), {"ledgerdesk_session": session})

    def _signed_in(self, column: str, user_id: str, email: str, cookies: dict[str, str]) -> Person:
        client = self.app.test_client()
        for name, value in cookies.items():
            client.set_cookie(name, value)
        page = client.get("/account/" if cookies else "/login").text
        csrf_token, form = TOKEN.search(page), client.get_cookie("ledgerdesk_form")
        assert csrf_token is not None, f"no page for the {column}: {page[:500]}"
        assert form is not None
        actor = None
        if cookies:
            token = cookies["ledgerdesk_session"]
            actor = self.services.users.authentication.actor_for(token=token, now=self.now())
        return Person(column, user_id, email, cookies | {"ledgerdesk_form": form.value}, csrf_token[1], actor)

    def _everybody(self) -> list[Person]:
        return [*self.people.values(), self.stranger, *self._others.values()]

    def somebody_else(self, kind: str, *, fresh: bool) -> Person:
        """Return another person as the matrix names them; not fresh: the same each time."""
        if not fresh:
            return self._others.get(kind, self.stranger)
        people = {"above": ("administrator", TEAM), "elsewhere": ("clerk", FOREIGN_TEAM)}
        return self.person(*people.get(kind, (STRANGER, TEAM)))

    def token(self, who: Person, *, fresh: bool = False) -> tuple[str, str]:
        """Give somebody an API token, whether or not their role allows it; returns its id and the secret.

        It is written past the service, and as just used, so that using it writes nothing. Not fresh: the
        same each time.
        """
        secret = f"ld_{who.user_id}-{next(self._numbers) if fresh else 'kept'}".ljust(46, "-")
        id_ = hash_secret(secret)
        if fresh or who.user_id not in self._tokens:
            ApiToken(
                token_hash=id_,
                user_id=who.user_id,
                name="robot",
                scopes=[str(permission) for permission in Permission],
                created_at=self.now(),
                last_used_at=self.now(),
            ).save()
        return id_, secret

    def departed(self) -> tuple[str, str]:
        """Leave for the provider as somebody new; returns the note and the state that come back."""
        departure = self.services.users.single_sign_on.begin(provider_id="corp", target="")
        subject = f"corp-{next(self._numbers)}"
        self.provider.claims = {"sub": subject, "email": f"{subject}@corp.example"}
        return departure.note, self.provider.depart(departure.url)["state"]

    def client(self, who: Person) -> FlaskClient:
        """Return a browser with somebody's cookies; what happens to it leaves their other browsers alone."""
        client = self.app.test_client()
        for name, value in who.cookies.items():
            client.set_cookie(name, value)
        return client

    def somebody(self, who: Person) -> Somebody:
        """Read an account as it is stored."""
        return self.services.users.accounts.read(actor=SYSTEM, user_id=who.user_id)

    def enrolled(self, who: Person) -> str:
        """Give somebody a second factor and return its secret; this minute's code is still good."""
        factor, actor = self.services.users.second_factor, who.actor
        assert actor is not None
        begun = factor.begin(actor)
        secret = begun.key.replace(" ", "")
        earlier = pyotp.TOTP(secret).at(int(self.now().timestamp()) - 30)
        factor.confirm(actor=actor, token=begun.token, code=earlier, now=self.now())
        return secret

    def link(self, who: Person) -> str:
        """Send somebody the letter with a link to a new password, and return the link's token."""
        item = user_table.find(who.user_id)
        assert item is not None
        self.services.users.own_account.send_link(item, Purpose.RESET, self.now())
        return self._token_in_email(who.email)

    def code_link(self, who: Person, after_password: str) -> str:
        """Send somebody the link with which a code can be entered, and return the link's token."""
        self.services.users.authentication.send_code_link(token=after_password, now=self.now())
        return self._token_in_email(who.email)

    def address_link(self, who: Person) -> str:
        """Send somebody the letter that confirms their address, and return the link's token."""
        self.unconfirm(who)
        assert who.actor is not None
        self.services.users.email_addresses.ask_to_confirm(actor=who.actor, now=self.now())
        return self._token_in_email(who.email)

    def unconfirm(self, who: Person) -> None:
        """Let somebody's address count as not confirmed."""
        user_table.update(who.user_id, verified_at=None)

    def registration_link(self) -> str:
        """Ask for an account as a stranger, and return the token of the letter's link."""
        email = self.new_address()
        self.services.users.registration.ask(name="New Person", email=email, origin=Origin(), now=self.now())
        return self._token_in_email(email)

    def _token_in_email(self, email: str) -> str:
        """Deliver what is due, and return the token in the only letter to an address that has one."""
        while self.services.outbox.deliver_due(now=self.now()):
            pass
        messages = [path.read_bytes() for path in self.settings.mail_dir.glob("*.eml")]
        bodies = [
            message_from_bytes(mail, policy=policy.default).get_body(("plain",))
            for mail in messages
            if email.encode() in mail
        ]
        (link,) = [match[1] for body in bodies if body and (match := LINK.search(body.get_content()))]
        return str(link)

    def invited(self, role_id: str = "customer", team_ids: Sequence[str] = ()) -> str:
        """Make an account whose owner has not taken up the invitation, and return its id."""
        email = self.new_address()
        user = self.services.users.accounts.create(
            actor=SYSTEM, now=self.now(), name="Invited", email=email, role_id=role_id,
            team_ids=team_ids, organization_id="", invite=False,
        )  # fmt: skip
        return user.user_id

    def new_address(self) -> str:
        """Return an address that nobody has."""
        return f"new-{next(self._numbers)}@demo.example"

    # Things

    def ticket(self, who: Person, kind: str) -> Ticket:
        """Open a ticket as the matrix names it, with a change that can be undone as its version 2."""
        asks = {"own": who, "shared": self.colleague}.get(kind, self.stranger)
        ticket = self.services.tickets.service.create(
            actor=SYSTEM,
            now=self.now(),
            subject=f"Ticket {next(self._numbers)}",
            body="It burns.",
            requester_id=asks.user_id,
            team_id={"team": TEAM, "foreign": FOREIGN_TEAM}.get(kind),
        )
        return self.services.tickets.service.update(
            actor=SYSTEM,
            now=self.now(),
            ticket_id=ticket.ticket_id,
            expected_version=1,
            changes={"priority": "low"},
        )

    def shared_ticket(self, column: str, kind: str) -> Ticket:
        """Return the ticket of a kind on which a column is tried where nothing may change."""
        return self._own[column] if kind == "own" else self._shared[kind]

    def job(self, owner: Person, ticket_id: int) -> Job:
        """Start a job of somebody's that changes a ticket."""
        assert owner.actor is not None
        return self.services.jobs.start(
            actor=owner.actor,
            now=self.now(),
            kind=CHANGE,
            title="A job",
            subjects=[[ticket_id, None]],
            arguments={"changes": {"priority": "urgent"}},
        )

    def shared_job(self, owner: Person) -> Job:
        """Return the job of somebody's on which is tried what may change nothing."""
        return self._jobs[owner.user_id]

    def role(self, role_id: str, permissions: dict[Permission, Scope]) -> StoredRole:
        """Make a custom role."""
        name = role_id.title()
        return self.services.users.roles.save(
            actor=SYSTEM,
            now=self.now(),
            role_id=role_id,
            name=name,
            permissions=permissions,
            expected_version=0,
        )

    def new_role(self) -> str:
        """Make a custom role that nobody has and return its id."""
        return self.role(f"role-{next(self._numbers)}", {Permission.TICKET_VIEW: Scope.OWN}).role_id

    def spare_entry(self, kind: str) -> str:
        """Return a team or category for where nothing may change."""
        return {"team": FOREIGN_TEAM, "category": "invoices", "organization": ORGANIZATION}[kind]

    def entry(self, kind: str, name: str = "") -> str:
        """Make a team, a category or an organization and return its id."""
        name = name or f"Spare {next(self._numbers)}"
        if kind == "organization":
            return self.services.users.organizations.save(
                actor=SYSTEM, now=self.now(), id_=None, name=name, active=True, shares_tickets=True,
                domains=(), expected_version=0,
            ).id  # fmt: skip
        entry = self.services.catalog.save(
            actor=SYSTEM, now=self.now(), kind=kind, id_=None, name=name, active=True, expected_version=0
        )
        return entry.id

    def new_name(self) -> str:
        """Return a name that nothing has yet."""
        return f"Thing {next(self._numbers)}"

    # What administrators see, so that requests are as the pages make them

    def form(self, address: str) -> dict[str, Any]:
        """Return what the form at an address would send untouched, read as an administrator."""
        page = Page(self.client(self.people["administrator"]).get(address).text)
        path = address.partition("?")[0]
        own = [f for f in page.forms if f.method == "post" and f.action.partition("?")[0] in ("", path)]
        assert own, f"no form at {address}"
        fields = dict(own[0].fields)
        del fields["csrf_token"]
        return fields

    @cached_property
    def chart_call(self) -> dict[str, Any]:
        """Return what the dashboards' page sends to be filled."""
        client = self.client(self.people["administrator"])
        known = client.get("/reports/_dash-dependencies").json or []
        (call,) = [each for each in known if not each["clientside_function"]]
        outputs = [part.rpartition(".") for part in call["output"].strip(".").split("...")]
        return {
            "output": call["output"],
            "outputs": [{"id": id_, "property": name} for id_, _, name in outputs],
            "inputs": [{"id": one["id"], "property": one["property"], "value": ""} for one in call["inputs"]],
            "changedPropIds": ["url.search"],
        }

    @cached_property
    def chart_file(self) -> tuple[str, str]:
        """Return package and path of a script that the dashboards' page loads."""
        page = self.client(self.people["administrator"]).get("/reports/").text
        match = re.search(r'"/reports/_dash-component-suites/([^/"]+)/([^"?]+)', page)
        assert match is not None
        return match[1], match[2]
