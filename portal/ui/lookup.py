"""Choices that are looked up when they are opened: people, organizations and teams are too many for every page."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from flask import Blueprint, Response, abort, jsonify, request, url_for

from portal.ui import navigation
from portal.web.guards import actor, needs, services
from services.errors import Invalid
from services.text import search_text, search_words
from services.users.directory import Kind, Person
from services.users.identity import Permission, Scope

bp = Blueprint("lookup", __name__)

SHOWN = 50  # of what matches: typing more of it finds the rest
Choice = tuple[str, str]


class Answer(NamedTuple):
    """One choice: its value, what it is called, what speaks for it, and the teams that bring it up first."""

    value: str
    label: str
    note: str = ""
    teams: str = ""


@dataclass(frozen=True)
class Source:
    """Where one kind of choice comes from."""

    search: Callable[[str, str], Sequence[Answer]]
    labels: Callable[[Collection[str]], Mapping[str, str]]
    nouns: tuple[str, str]  # of one and several choices, in messages


@bp.get("/lookup/<kind>")
@needs(
    Permission.TICKET_NOTE,
    Permission.USER_VIEW,
    Permission.AUDIT_VIEW,
    Permission.TOKEN_REVOKE,
    Permission.ORGANIZATION_EDIT,
)
def choices(kind: str) -> Response:
    """Respond with the choices that a text finds (`q`), [[value, label, note, teams], ...].

    `near` is the name of the team whose people come first.
    """
    if kind not in SOURCES:
        abort(404)
    return jsonify(SOURCES[kind].search(request.args.get("q", ""), request.args.get("near", "")))


@dataclass(frozen=True)
class PortalLookup:
    """One kind of choice, as the grids and forms know it."""

    kind: str

    @property
    def url(self) -> str:
        """Return the address that a script asks."""
        return url_for("lookup.choices", kind=self.kind)

    def labels(self, values: Collection[str]) -> Mapping[str, str]:
        """Name values; unknown ones are left out."""
        return SOURCES[self.kind].labels(values)

    def find(self, text: str) -> Sequence[Choice]:
        """List what a text can mean."""
        return [(answer.value, answer.label) for answer in SOURCES[self.kind].search(text, "")]


def chosen(form: Mapping[str, str], name: str, kind: str) -> str:
    """Return what a form chose in a combobox: the value that was picked, or the only one that its text can mean.

    Raises Invalid if the text names nothing or several things.
    """
    value, text = form.get(name, ""), " ".join(form.get(f"{name}_text", "").split())
    seen, source = form.get(f"seen_{name}", ""), SOURCES[kind]
    labels = source.labels({each for each in (value, seen) if each})
    if f"{name}_text" not in form or text == labels.get(seen, seen):
        return value  # nobody wrote anything
    if not text or (value and search_text(labels.get(value, value)) == search_text(text)):
        return value if text else ""
    answers = source.search(text, "")
    exact = [answer for answer in answers if search_text(text) == search_text(answer.label)]
    answers = exact if len(exact) == 1 else answers
    if len(answers) == 1:
        return answers[0].value
    one, several = source.nouns
    if not answers:
        message = f"No {one} matches “{text[:60]}”."
    else:
        some = ", ".join(f"{each.label} ({each.note})" if each.note else each.label for each in answers[:3])
        message = f"Several {several} match “{text[:60]}”: {some}. Write more of it, or choose one."
    raise Invalid(message, {name: message})


def agent_notes(people: Sequence[Person]) -> list[Answer]:
    """Say of agents how many open tickets they have; without numbers, their teams are the reason."""
    names = services().catalog.names("team")
    # Who sees only some tickets would read another number than the agents have.
    seen = actor().scope(Permission.TICKET_VIEW) is Scope.ALL
    tally = navigation.tally() if seen else None
    answers = []
    for person in people:
        teams = ", ".join(names[team] for team in person.team_ids if team in names)
        note = f"{tally.by_assignee[person.user_id]:,} open" if tally else teams
        answers.append(Answer(person.user_id, person.name, note, teams))
    return answers


def _agents(text: str, near: str) -> list[Answer]:
    def find(only: Callable[[Person], bool] | None) -> Sequence[Person]:
        matches = services().users.directory.search(
            actor=actor(), text=text, most=SHOWN, kind=Kind.ASSIGNABLE, only=only
        )
        return matches.people

    names = services().catalog.names("team")
    team = next((id_ for id_, name in names.items() if near and name == near), None)
    close = find(lambda one: team in one.team_ids) if team else ()
    known = {one.user_id for one in close}
    return agent_notes([*close, *(one for one in find(None) if one.user_id not in known)][:SHOWN])


def _people(kind: Kind) -> Callable[[str, str], Sequence[Answer]]:
    def search(text: str, near: str) -> Sequence[Answer]:
        del near
        matches = services().users.directory.search(actor=actor(), text=text, most=SHOWN, kind=kind)
        organizations = services().users.organizations.names_in_lists()
        return [
            Answer(one.user_id, one.name, organizations.get(one.organization_id or "") or one.email or "")
            for one in matches.people
        ]

    return search


def _named(names: Callable[[], Mapping[str, str]]) -> Callable[[str, str], Sequence[Answer]]:
    def search(text: str, near: str) -> Sequence[Answer]:
        del near
        words = search_words(text)
        matches = [
            Answer(value, label)
            for value, label in names().items()
            if all(word in search_text(label) for word in words)
        ]
        starts = search_text(text)
        return sorted(matches, key=lambda one: not search_text(one.label).startswith(starts))[:SHOWN]

    return search


def _person_labels(values: Collection[str]) -> Mapping[str, str]:
    return services().users.accounts.names(values)


def _labels_of(names: Callable[[], Mapping[str, str]]) -> Callable[[Collection[str]], Mapping[str, str]]:
    def labels(values: Collection[str]) -> dict[str, str]:
        known = names()
        return {value: known[value] for value in values if value in known}

    return labels


def _teams() -> Mapping[str, str]:
    return {team.id: team.name for team in services().catalog.teams() if team.active}


def _organizations() -> Mapping[str, str]:
    return services().users.organizations.names_in_lists()


SOURCES: dict[str, Source] = {
    "assignee": Source(_agents, _person_labels, ("agent", "agents")),
    "requester": Source(_people(Kind.REQUESTER), _person_labels, ("customer", "customers")),
    "person": Source(_people(Kind.ANYBODY), _person_labels, ("person", "people")),
    "organization": Source(
        _named(_organizations), _labels_of(_organizations), ("organization", "organizations")
    ),
    "team": Source(_named(_teams), _labels_of(lambda: services().catalog.names("team")), ("team", "teams")),
}
LOOKUPS: dict[str, PortalLookup] = {kind: PortalLookup(kind) for kind in SOURCES}
