"""The description for programs, and the pages that show it to people."""

import json
import re
import shlex
from collections.abc import Sequence
from functools import cache
from typing import Any

from flask import Blueprint, Response, abort, render_template
from markupsafe import Markup, escape

from portal.api import description
from portal.api.conditional import not_again
from portal.api.operations import Controller
from portal.api.schemas import page_url
from portal.web.guards import public, signed_in
from portal.web.problem_types import PROBLEM_TYPES

Json = dict[str, Any]


def written(text: str) -> Markup:
    """Write a text of the description as HTML: `code` and **bold**."""
    marked = re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text)))
    return Markup(re.sub(r"\*\*([^*]+)\*\*", r"<b>\1</b>", marked))  # noqa: S704 - escaped above


class Documentation:
    """The description, made once, and what the pages need of it."""

    written = staticmethod(written)

    def __init__(self, controllers: Sequence[Controller]) -> None:
        self.text = description.as_bytes(controllers)
        self.json: Json = json.loads(self.text)
        self.operations: dict[str, Json] = {}
        for path, methods in self.json["paths"].items():
            for method, operation in methods.items():
                self.operations[operation["operationId"]] = {
                    "path": path,
                    "method": method.upper(),
                    **operation,
                }
        self.groups = [
            (
                tag["name"],
                tag["description"],
                [one for one in self.operations.values() if tag["name"] in one["tags"]],
            )
            for tag in self.json["tags"]
        ]

    @property
    def introduction(self) -> list[Markup]:
        """Return the paragraphs of the introduction."""
        return [written(text) for text in description.INTRODUCTION.split("\n\n") if not text.startswith("- ")]

    @property
    def rules(self) -> list[Markup]:
        """Return the rules of the introduction."""
        _, _, rules = description.INTRODUCTION.partition("\n- ")
        return [written(" ".join(text.split())) for text in rules.split("\n- ")]

    def parameters(self, operation: Json) -> list[Json]:
        """List the parameters of an operation for a table."""
        return [
            {
                "name": each["name"],
                "required": each["required"],
                "type": f"{each['in']}, {self.type_of(each['schema'])}",
                "text": each.get("description", ""),
            }
            for each in operation["parameters"]
        ]

    def sent(self, operation: Json) -> list[Json]:
        """List the fields of the body."""
        content = operation.get("requestBody", {}).get("content", {}).get("application/json")
        return self._fields(content["schema"]) if content else []

    def answered(self, operation: Json) -> list[Json]:
        """List the fields of the answer, of its entries where it is a page."""
        content = self._good(operation)[1].get("content", {}).get("application/json")
        if not content:
            return []
        fields = self._fields(content["schema"])
        for part in self._resolved(content["schema"])["properties"].values():
            if part.get("type") == "array" and "$ref" in part["items"]:
                return fields + self._fields(part["items"])
        return fields

    def examples(self, operation: Json) -> list[tuple[str, str]]:
        """Return what the operation answers with, and one problem."""
        status, good = self._good(operation)
        shown = [(status, good["content"]["application/json"]["example"])] if "content" in good else []
        problem = "412" if "412" in operation["responses"] else "400"
        refused = operation["responses"][problem]["content"]["application/problem+json"]["examples"]
        code = next(iter(refused))
        shown.append((problem, self.json["components"]["examples"][code]["value"]))
        return [(status, json.dumps(example, indent=2, ensure_ascii=False)) for status, example in shown]

    def codes(self, operation: Json) -> list[str]:
        """List the codes of problems in the order of their status."""
        return [code for response in operation["responses"].values() for code in response.get("x-codes", ())]

    def curl(self, operation: Json, base: str) -> str:
        """Write a call of the operation for a shell."""
        lines = [f"curl -X {operation['method']}"] if operation["method"] != "GET" else ["curl"]
        lines.append('-H "Authorization: Bearer $TOKEN"')
        for each in operation["parameters"]:
            if each["in"] == "header" and each["required"]:
                lines.append(f"-H '{each['name']}: {each['example']}'")
        body = operation.get("requestBody", {}).get("content", {}).get("application/json")
        if body:
            lines.append("-H 'Content-Type: application/json'")
            lines.append(f"-d {shlex.quote(json.dumps(body['example'], ensure_ascii=False))}")
        path = re.sub(r"\{\w*?(\w+)\}", lambda match: f"{match[1].upper()}", operation["path"])
        query = operation.get("x-example-query", "")
        lines.append(shlex.quote(f"{base}{path}{'?' if query else ''}{query}"))
        return " \\\n  ".join(lines)

    @staticmethod
    def _good(operation: Json) -> tuple[str, Json]:
        status, good = next(iter(operation["responses"].items()))
        return str(status), dict(good)

    def _resolved(self, schema: Json) -> Json:
        """Return a schema behind a reference."""
        name = schema.get("$ref", "").rpartition("/")[2]
        resolved: Json = self.json["components"]["schemas"][name] if name else schema
        return resolved

    def _fields(self, schema: Json) -> list[Json]:
        resolved = self._resolved(schema)
        required = resolved.get("required", ()) if resolved.get("additionalProperties") is False else ()
        return [
            {
                "name": name,
                "required": name in required,
                "type": self.type_of(part),
                "text": part.get("description", ""),
            }
            for name, part in resolved.get("properties", {}).items()
        ]

    def type_of(self, schema: Json) -> str:
        """Say in a few words what a value can be."""
        if "$ref" in schema:
            return "object"
        if "anyOf" in schema:
            return " or ".join(dict.fromkeys(self.type_of(each) for each in schema["anyOf"]))
        if schema.get("type") == "array":
            return f"list of {self.type_of(schema['items'])}"
        if "enum" in schema:
            return ", ".join(str(each) for each in schema["enum"])
        kind = schema.get("format") or schema.get("type", "any value")
        limits = [
            f"{word} {schema[name]}"
            for name, word in (("minimum", "from"), ("maximum", "to"), ("maxLength", "at most"))
            if name in schema
        ]
        return " ".join([str(kind), *limits])


def blueprint(controllers: Sequence[Controller]) -> Blueprint:
    """Build the routes; the description is made when it is first asked for."""
    bp = Blueprint("api_docs", __name__, url_prefix="/api/v1")

    @cache
    def documentation() -> Documentation:
        return Documentation(controllers)

    @bp.get("/openapi.json")
    @public
    def openapi() -> Response:
        """Return the description, which says the same to everybody."""
        response = Response(documentation().text, mimetype="application/json")
        response.headers["Cache-Control"] = "no-cache"
        response.add_etag()
        return not_again(response)

    @bp.get("/docs")
    @signed_in
    def index() -> str:
        """Show conventions, problems and all operations."""
        return render_template(
            "api/overview.html",
            docs=documentation(),
            problems=PROBLEM_TYPES.values(),
            base=page_url("/api/v1"),
        )

    @bp.get("/docs/<operation_id>")
    @signed_in
    def operation(operation_id: str) -> str:
        """Show one operation."""
        shown = documentation().operations.get(operation_id)
        if shown is None:
            abort(404)
        base = page_url("/api/v1")
        curl = documentation().curl(shown, base)
        return render_template(
            "api/operation.html", docs=documentation(), shown=shown, problems=PROBLEM_TYPES, curl=curl
        )

    return bp
