"""The description of the API (OpenAPI 3.1), made from the operations and their schemas."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from portal.api.operations import Controller, Operation, names_of
from portal.api.schemas import ConflictProblem, Problem
from portal.web.problem_types import PROBLEM_TYPES, VersionConflict
from services import __version__

Json = dict[str, Any]
Names = dict[Any, str]  # of the models
REF = "#/components/schemas/{model}"
SERVER = "/api/v1"
ARGUMENT = re.compile(r"<(?:(\w+):)?(\w+)>")
# What stands in the documentation for the things of an example.
SAMPLES = {
    "$ticket": "48197", "$agent": "4f6b1c3e", "$user": "9a7d2b10", "$invited": "9a7d2b10", "$team": "billing",
    "$category": "refunds", "$organization": "brandt", "$session": "9b2c", "$token": "5d41",
}  # fmt: skip
# What every operation may answer with.
ALWAYS = (
    "invalid", "token_needed", "address_too_long", "too_many_attempts", "internal_error", "unavailable",
)  # fmt: skip
WITH_BODY = ("unreadable", "too_large", "not_json")
INTRODUCTION = """\
Programs do what people can, by the same rules. A token acts for its owner and may do what **both** the owner's role
and the token allow.

- Send the token as `Authorization: Bearer ld_...`.
- Lists have pages: follow `next`, or the `Link` header, until `next` is null.
- `fields` chooses fields, `include` writes out what is behind an id.
- A change names the version it is based on in `If-Match`; 412 shows both values of what somebody else changed.
- A `POST` with an `Idempotency-Key` can be repeated safely for two days.
- Times are in UTC, as RFC 3339 writes them. What is not known is refused: a typo changes nothing.
"""


def describe(controllers: Sequence[Controller]) -> Json:
    """Return the whole description."""
    operations = [operation for controller in controllers for operation in controller.operations]
    refs, schemas = _schemas(operations)
    paths: dict[str, Json] = {}
    for operation in operations:
        path = ARGUMENT.sub(r"{\2}", operation.rule)
        paths.setdefault(path, {})[operation.method.lower()] = _operation(operation, refs, schemas)
    for sparse in {each.sparse for each in operations if each.sparse}:
        schemas[refs[sparse]].pop("required", None)  # `fields` leaves others out
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Ledgerdesk API",
            "version": __version__,
            "summary": "Tickets, people and figures for programs.",
            "description": INTRODUCTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": SERVER}],
        "tags": [{"name": each.group, "description": each.about} for each in controllers],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "examples": {code: {"value": _problem_example(code)} for code in PROBLEM_TYPES},
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A token, which begins with ld_.",
                }
            },
            "headers": {
                "ETag": {
                    "schema": {"type": "string"},
                    "description": "Names the content; `If-None-Match` takes it.",
                },
                "Link": {
                    "schema": {"type": "string"},
                    "description": 'The address of the next page, `rel="next"`.',
                },
                "Location": {"schema": {"type": "string"}, "description": "The address of what was created."},
                "Retry-After": {
                    "schema": {"type": "integer", "minimum": 1},
                    "description": "Seconds to wait.",
                },
            },
        },
    }


def _schemas(operations: Iterable[Operation]) -> tuple[Names, dict[str, Json]]:
    """Return the name of each model, and the schemas by name."""
    inputs = {each.body for each in operations if each.body}
    outputs = {each.returns for each in operations if each.returns} | {Problem, ConflictProblem}
    outputs |= {each.sparse for each in operations if each.sparse}
    asked: list[Any] = [(model, "validation") for model in sorted(inputs, key=lambda m: m.__name__)]
    asked += [(model, "serialization") for model in sorted(outputs, key=lambda m: m.__name__)]
    mapping, definitions = models_json_schema(asked, ref_template=REF)
    names = {model: schema["$ref"].rpartition("/")[2] for (model, _), schema in mapping.items()}
    schemas: dict[str, Json] = definitions["$defs"]
    changed = {names[each.body] for each in operations if each.body and each.method == "PATCH"}
    for name, schema in schemas.items():
        schema.pop("title", None)
        for part in schema.get("properties", {}).values():
            part.pop("title", None)
            if name in changed or part.get("default", 0) is None:
                part.pop("default", None)  # what a change does not send stays as it is
    return names, dict(sorted(schemas.items()))


def _operation(operation: Operation, refs: Names, schemas: dict[str, Json]) -> Json:
    needs = " or ".join(f"`{each}`" for each in operation.needs) or operation.note or "any token"
    described: Json = {
        "operationId": operation.id,
        "summary": operation.summary,
        "description": f"{operation.text}\n\nNeeds {needs}.".strip(),
        "tags": [operation.group],
        "security": [{"token": [str(each) for each in operation.needs]}],
        "x-permissions": [str(each) for each in operation.needs],
        "x-example-query": _sample(operation.example.query),
        "parameters": list(_parameters(operation)),
        "responses": _responses(operation, refs, schemas),
    }
    if operation.body is not None:
        name = refs[operation.body]
        example = _sample(operation.example.body)
        described["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": {"$ref": REF.format(model=name)}, "example": example}},
        }
    return described


def _sample(value: Any) -> Any:
    """Put sample ids in the place of $ticket and the like."""
    if isinstance(value, str):
        for name, sample in SAMPLES.items():
            value = value.replace(name, sample)
        return value
    if isinstance(value, Mapping):
        return {name: _sample(part) for name, part in value.items()}
    return [_sample(part) for part in value] if isinstance(value, list) else value


def _parameters(operation: Operation) -> Iterator[Json]:
    for kind, name in ARGUMENT.findall(operation.rule):
        schema: Json = {"type": "string", "minLength": 1, "maxLength": 200}
        if kind == "int":
            schema = {"type": "integer", "minimum": 1, "maximum": 10**15}
        yield {
            "name": name, "in": "path", "required": True, "schema": schema,
            "description": f"The {'number' if kind == 'int' else 'id'} of the {name.removesuffix('_id')}.",
        }  # fmt: skip
    if operation.query is not None:
        whole = operation.query.model_json_schema(mode="validation")
        for name, schema in whole.get("properties", {}).items():
            yield _query_parameter(name, dict(schema)) | {"required": name in whole.get("required", ())}
    if operation.sparse is not None:
        yield _fields_parameter(operation.sparse)
    if operation.versioned:
        yield {
            "name": "If-Match", "in": "header", "required": True, "example": '"7"',
            "schema": {"type": "string", "pattern": r'^"?[1-9][0-9]{0,8}"?$'},
            "description": "The version that the change is based on: the ETag of the last answer.",
        }  # fmt: skip
    if operation.takes_key:
        yield {
            "name": "Idempotency-Key", "in": "header", "required": False,
            "schema": {"type": "string", "minLength": 1, "maxLength": 200},
            "description": "Makes the request safe to repeat for two days: it takes effect once.",
        }  # fmt: skip
    if operation.method == "GET":
        yield {
            "name": "If-None-Match", "in": "header", "required": False, "schema": {"type": "string"},
            "description": "The ETag of an earlier answer: 304 if nothing has changed.",
        }  # fmt: skip


def _query_parameter(name: str, schema: Json) -> Json:
    schema.pop("title", None)
    described: Json = {"name": name, "in": "query"}
    if (text := schema.pop("description", None)) is not None:
        described["description"] = text
    if "anyOf" in schema:  # a parameter is there or not, and never null
        (one,) = [each for each in schema.pop("anyOf") if each != {"type": "null"}]
        schema = {**one, **schema}
    if schema.get("default", 0) in (None, []):
        del schema["default"]
    if schema.pop("explode", True) is False:
        described |= {"style": "form", "explode": False}
    return described | {"schema": schema}


def _fields_parameter(model: type[BaseModel]) -> Json:
    return {
        "name": "fields", "in": "query", "required": False, "style": "form", "explode": False,
        "description": "Only these fields, with commas.",
        "schema": {"type": "array", "items": {"type": "string", "enum": names_of(model)}, "minItems": 1},
    }  # fmt: skip


def _responses(operation: Operation, refs: Names, schemas: dict[str, Json]) -> Json:
    good: Json = {"description": "Done." if operation.returns is None else "The answer."}
    if operation.returns is not None:
        name = refs[operation.returns]
        good["content"] = {
            "application/json": {
                "schema": {"$ref": REF.format(model=name)},
                "example": _example(schemas[name], schemas),
            }
        }
        good["headers"] = {"ETag": {"$ref": "#/components/headers/ETag"}}
        if operation.rows:
            good["headers"]["Link"] = {"$ref": "#/components/headers/Link"}
    if operation.status == 201 and operation.method == "POST":
        good.setdefault("headers", {})["Location"] = {"$ref": "#/components/headers/Location"}
    responses = {str(operation.status): good}
    if operation.method == "GET":
        responses["304"] = {"description": "Nothing has changed since the answer with this ETag."}
    return responses | _refusals(operation)


def _refusals(operation: Operation) -> Json:
    codes = [*ALWAYS, *(WITH_BODY if operation.body else ())]
    codes += [each.code for each in operation.problems]
    by_status: dict[int, list[str]] = {}
    for code in dict.fromkeys(codes):
        by_status.setdefault(PROBLEM_TYPES[code].status, []).append(code)
    return {str(status): _refusal(status, by_status[status]) for status in sorted(by_status)}


def _refusal(status: int, codes: list[str]) -> Json:
    kinds = [PROBLEM_TYPES[code] for code in codes]
    model = "ConflictProblem" if VersionConflict.code in codes else "Problem"
    response: Json = {
        "description": " ".join(f"`{kind.code}`: {kind.title}." for kind in kinds),
        "content": {
            "application/problem+json": {
                "schema": {"$ref": REF.format(model=model)},
                "examples": {kind.code: {"$ref": f"#/components/examples/{kind.code}"} for kind in kinds},
            }
        },
        "x-codes": codes,
    }
    if status in (429, 503):
        response["headers"] = {"Retry-After": {"$ref": "#/components/headers/Retry-After"}}
    return response


def _problem_example(code: str) -> Json:
    kind = PROBLEM_TYPES[code]
    example: Json = {
        "type": kind.uri, "code": code, "title": kind.title, "status": kind.status, "detail": kind.meaning,
        "reference": "9f2c1ab0", "at": "2026-03-01T09:30:00.000000Z",
    }  # fmt: skip
    if code == "invalid":
        example |= {"detail": "size: Can be at most 100.", "errors": {"size": "Can be at most 100."}}
    if code == VersionConflict.code:
        conflict = {"field": "priority", "was": "normal", "current": "high", "submitted": "low"}
        example |= {"version": 8, "conflicts": [conflict], "errors": {"priority": "It is 'high' now."}}
    return example


def _example(schema: Json, schemas: dict[str, Json]) -> Any:
    """Compose an example from those of the parts."""
    if "$ref" in schema:
        return _example(schemas[schema["$ref"].rpartition("/")[2]], schemas)
    given = (
        schema.get("examples") or schema.get("enum") or ([schema["default"]] if "default" in schema else [])
    )
    if given:
        return given[0]
    if "anyOf" in schema:
        return _example(schema["anyOf"][0], schemas)
    if schema.get("type") == "array":
        return [_example(schema["items"], schemas)]
    if "properties" in schema:
        needed = schema.get("required", ())
        return {
            name: _example(part, schemas) for name, part in schema["properties"].items() if name in needed
        }
    return {"string": "text", "integer": 1, "number": 1.5, "boolean": True}.get(schema.get("type", ""))


def as_bytes(controllers: Sequence[Controller]) -> bytes:
    """Return the description as it is sent."""
    return json.dumps(describe(controllers), ensure_ascii=False, separators=(",", ":")).encode()
