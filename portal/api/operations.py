"""Operations: what the API can do, each declared once, where it is carried out.

A controller's decorator names everything that the description says and that is checked before the view runs: who may
call it, parameters, body, preconditions, answers and the kinds of problems. The view gets what was read, calls one
service method and returns an Answer.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import wraps
from typing import Any, Protocol
from urllib.parse import urlencode

from flask import Blueprint, Response, request, url_for
from pydantic import BaseModel, TypeAdapter
from werkzeug.datastructures import MultiDict

from portal.api import reading
from portal.api.authentication import TokenNeeded, TokenTooNarrow, caller
from portal.api.conditional import not_again
from portal.api.schemas import Input, PageOutput, Query, page_url
from portal.web import error_pages
from portal.web.guards import now, services
from portal.web.problem_types import VersionConflict, VersionNeeded
from services.catalog import EntryChanged
from services.errors import Conflicted, Invalid, NotFound, ServiceError
from services.idempotency import KeyReused, StillInProgress
from services.tickets import Conflict
from services.users.identity import Permission, StaleRecord

LONGEST_ID = 200


@dataclass(frozen=True)
class Answer:
    """What a view returns: a value for the schema of the operation, and what goes into headers.

    `version` becomes the ETag, beside a digest of the answer if there is something `beside` the record that may change.
    `place` are the arguments of the address at which something new can be read; of an operation with `replayed` they
    name what a repeated request is answered with. `without` names optional fields to leave out.
    """

    value: Any = None
    version: int | None = None
    beside: bool = False
    place: Mapping[str, Any] | None = None
    without: frozenset[str] = frozenset()


class View(Protocol):
    """A view: takes the arguments of its address, and what the operation reads."""

    __name__: str
    __doc__: str | None

    def __call__(self, **arguments: Any) -> Answer:
        """Carry the operation out."""


@dataclass(frozen=True)
class Example:
    """A request that works: values for the path, the query and the body.

    A text that begins with $ stands for something that is there, such as $ticket; the tests put its id in place.
    """

    path: Mapping[str, Any] = field(default_factory=dict)
    query: str = ""
    body: Mapping[str, Any] | None = None


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One operation, with all that is known of it."""

    group: str
    method: str
    rule: str
    view: View
    needs: tuple[Permission, ...] = ()
    note: str = ""  # on permissions, where they depend on the request
    query: type[Query] | None = None
    body: type[Input] | None = None
    returns: type[BaseModel] | None = None
    status: int = 200
    reader: str = ""  # the operation that reads what was made
    sparse: type[BaseModel] | None = None  # what `fields` chooses the fields of
    versioned: bool = False
    keyed: bool = False  # the view takes the Idempotency-Key
    replayed: View | None = (
        None  # reads what was made, for a request that is repeated with its Idempotency-Key
    )
    current: View | None = None  # reads what a stale write was about
    raises: tuple[type[ServiceError], ...] = ()
    example: Example = Example()

    @property
    def id(self) -> str:
        """Return the name of the operation."""
        return self.view.__name__

    @property
    def takes_key(self) -> bool:
        """Tell whether an Idempotency-Key makes it safe to repeat."""
        return self.keyed or self.replayed is not None

    @property
    def summary(self) -> str:
        """Return the first line of the view's documentation."""
        return (self.view.__doc__ or "").strip().partition("\n")[0].rstrip(".")

    @property
    def text(self) -> str:
        """Return the other lines."""
        _, _, rest = (self.view.__doc__ or "").strip().partition("\n")
        return " ".join(rest.split())

    @property
    def rows(self) -> str | None:
        """Return the field of the answer that holds the entries of a page."""
        if self.returns is None or not issubclass(self.returns, PageOutput):
            return None
        return next(iter(name for name in self.returns.model_fields if name != "next"))

    @property
    def problems(self) -> tuple[type[ServiceError], ...]:
        """List the errors that this operation can answer with, beside those of every operation."""
        kinds: list[type[ServiceError]] = [TokenNeeded, Invalid, *self.raises]
        if self.needs or self.note:
            kinds.append(TokenTooNarrow)
        if "<" in self.rule:
            kinds.append(NotFound)
        if self.versioned:
            kinds += [VersionNeeded, VersionConflict]
        if self.takes_key:
            kinds += [KeyReused, StillInProgress]
        return tuple(dict.fromkeys(kinds))


class Runner:
    """Carries out one operation for each request."""

    def __init__(self, operation: Operation) -> None:
        self._operation = operation
        self._writer: TypeAdapter[Any] | None = TypeAdapter(operation.returns) if operation.returns else None
        self._fields = names_of(operation.sparse) if operation.sparse else []

    def run(self, path: Mapping[str, Any]) -> Response:
        """Check who calls, read what was sent, run the view and write its answer."""
        operation, who = self._operation, caller()
        if operation.needs and not any(map(who.may, operation.needs)):
            raise TokenTooNarrow
        if any(isinstance(value, str) and len(value) > LONGEST_ID for value in path.values()):
            raise NotFound("There is no such thing.")
        args = request.args.copy()
        fields = self._sparse(args.poplist("fields")) if self._fields else None
        arguments = {**path, **self._read(args)}
        try:
            return self._written(self._carried_out(arguments), fields)
        except VersionConflict as conflict:
            return self._conflict(conflict)
        except Conflict as conflict:
            return self._conflict(_of_fields(conflict))
        except (StaleRecord, EntryChanged) as stale:
            if operation.current is None:
                raise Conflicted(stale.message) from stale
            current = operation.current(**path)
            differing = _of_record(current, arguments.get("body"), stale)
            if arguments.get("body") is not None and arguments["body"].sent() and not differing.fields:
                return self._written(current, fields)  # a repeated request finds what it wrote
            return self._conflict(differing)

    def _carried_out(self, arguments: dict[str, Any]) -> Answer:
        """Run the view; a request whose key was used before is answered with what it made then."""
        operation = self._operation
        key = reading.idempotency_key() if operation.replayed is not None else None
        if key is None or operation.replayed is None:
            return operation.view(**arguments)
        answers: list[Answer] = []

        def carry_out() -> dict[str, Any]:
            answers.append(operation.view(**arguments))
            return dict(answers[0].place or {})

        place = services().replay.once(
            actor=caller(), now=now(), idempotency_key=key, carry_out=carry_out,
            request=(operation.method, request.path, request.get_data()),
        )  # fmt: skip
        return answers[0] if place is None else replace(operation.replayed(**place), place=place)

    def _read(self, args: MultiDict[str, str]) -> dict[str, Any]:
        """Read everything that the operation takes; raises Invalid, VersionNeeded."""
        operation = self._operation
        arguments: dict[str, Any] = {}
        if (parameters := reading.query(operation.query, args)) is not None:
            arguments["query"] = parameters
        if operation.body is not None:
            arguments["body"] = reading.body(operation.body)
        elif operation.method != "GET":
            reading.no_body()
        if operation.keyed:
            arguments["idempotency_key"] = reading.idempotency_key()
        if operation.versioned:
            arguments["version"] = reading.version()
        return arguments

    def _sparse(self, texts: list[str]) -> list[str] | None:
        if not texts:
            return None
        chosen = texts[0].split(",")
        unknown = next((name for name in chosen if name not in self._fields), None)
        if len(texts) > 1 or unknown is not None:
            why = "Once." if len(texts) > 1 else "Unknown."
            raise Invalid(
                f"fields is a list of these, with commas: {', '.join(self._fields)}.", {"fields": why}
            )
        return chosen

    def _written(self, answer: Answer, fields: list[str] | None) -> Response:
        operation = self._operation
        response = Response(status=operation.status, mimetype="application/json")
        if self._writer is None:
            response = Response(status=operation.status)
            del response.headers["Content-Type"]
        else:
            value = self._writer.validate_python(answer.value, from_attributes=True)
            rows = operation.rows
            chosen: Any = set(fields) if fields else None
            left_out: Any = set(answer.without) or None
            if rows:
                beside = dict.fromkeys(operation.returns.model_fields if operation.returns else (), True)
                chosen = {**beside, rows: {"__all__": chosen}} if chosen else None
                left_out = {rows: {"__all__": left_out}} if left_out else None
            response.set_data(self._writer.dump_json(value, include=chosen, exclude=left_out, by_alias=True))
            if rows and value.next is not None:
                response.headers["Link"] = f'<{_next_url(value.next)}>; rel="next"'
        if answer.place is not None and operation.status == 201:
            response.headers["Location"] = url_for(f"api.{operation.reader}", **answer.place)
        if answer.version is not None and answer.beside:
            response.add_etag()
            response.set_etag(f"{answer.version}.{response.get_etag()[0]}")
        elif answer.version is not None:
            response.set_etag(str(answer.version))
        elif operation.method == "GET" and self._writer is not None:
            response.add_etag()
        if operation.method == "GET":
            not_again(response)
        return response

    def _conflict(self, conflict: VersionConflict) -> Response:
        response = error_pages.answer(
            412, conflict.message, conflict.fields, code=conflict.code, more=conflict.more
        )
        response.set_etag(str(conflict.version))
        return response


def names_of(model: type[BaseModel]) -> list[str]:
    """List the fields of an answer."""
    return [*model.model_fields, *model.model_computed_fields]


def _of_fields(conflict: Conflict) -> VersionConflict:
    """Tell which fields of a ticket somebody else changed; what others changed elsewhere was no hindrance."""
    return VersionConflict(
        version=conflict.version,
        conflicts=[
            {"field": each.field, "was": each.old, "current": each.current, "submitted": each.submitted}
            for each in conflict.field_conflicts
        ],
        fields={
            each.field: f"It is {each.current!r} now, it was {each.old!r}."
            for each in conflict.field_conflicts
        },
    )


def _of_record(current: Answer, body: Input | None, stale: ServiceError) -> VersionConflict:
    """Tell how a record differs from what was sent, by what is stored now."""
    stored = current.value.model_dump(mode="json", by_alias=True)
    sent = body.model_dump(mode="json", exclude_unset=True) if body is not None else {}
    differing = {name: value for name, value in sent.items() if stored.get(name) != value}
    if current.version is None:
        raise stale
    return VersionConflict(
        version=current.version,
        conflicts=[
            {"field": name, "was": None, "current": stored.get(name), "submitted": value}
            for name, value in differing.items()
        ],
        fields={name: f"It is {stored.get(name)!r} now." for name in differing},
    )


def _next_url(cursor: str) -> str:
    """Return the address of the next page of the list that was asked for."""
    pairs = [(name, text) for name, text in request.args.items(multi=True) if name != "cursor"]
    return page_url(f"{request.path}?{urlencode([*pairs, ('cursor', cursor)])}")


class Controller:
    """The operations of one domain."""

    def __init__(self, group: str, about: str) -> None:
        self.group, self.about = group, about
        self.operations: list[Operation] = []
        self._routes: list[tuple[Operation, Callable[..., Response]]] = []

    def get(self, rule: str, **about: Any) -> Callable[[Callable[..., Answer]], Callable[..., Answer]]:
        """Declare an operation that reads."""
        return self._declare("GET", rule, about)

    def post(self, rule: str, **about: Any) -> Callable[[Callable[..., Answer]], Callable[..., Answer]]:
        """Declare an operation that makes something or does something."""
        return self._declare("POST", rule, about)

    def patch(self, rule: str, **about: Any) -> Callable[[Callable[..., Answer]], Callable[..., Answer]]:
        """Declare an operation that changes fields, based on a version."""
        return self._declare("PATCH", rule, {"versioned": True, **about})

    def delete(self, rule: str, **about: Any) -> Callable[[Callable[..., Answer]], Callable[..., Answer]]:
        """Declare an operation that ends something."""
        return self._declare("DELETE", rule, {"status": 204, **about})

    def _declare(
        self, method: str, rule: str, about: Mapping[str, Any]
    ) -> Callable[[Callable[..., Answer]], Callable[..., Answer]]:
        def declared(view: Callable[..., Answer]) -> Callable[..., Answer]:
            operation = Operation(group=self.group, method=method, rule=rule, view=view, **about)
            if operation.replayed is not None and not operation.reader:
                operation = replace(operation, reader=operation.replayed.__name__)
            self.operations.append(operation)
            self._routes.append((operation, _route(operation)))
            return view

        return declared

    def register(self, bp: Blueprint) -> None:
        """Add the routes of all operations."""
        for operation, route in self._routes:
            bp.add_url_rule(operation.rule, operation.id, route, methods=[operation.method])


def _route(operation: Operation) -> Callable[..., Response]:
    runner = Runner(operation)

    @wraps(operation.view)
    def route(**path: Any) -> Response:
        return runner.run(path)

    guard = f"token {' or '.join(operation.needs)}".strip()
    route.guard = guard  # type: ignore[attr-defined]  # read by the route test
    return route
