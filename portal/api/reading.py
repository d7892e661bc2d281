"""Reading requests strictly: what is not known, is there twice or has another type is refused and changes nothing."""

import re
from collections.abc import Mapping
from typing import Any, TypeVar, get_origin

from flask import request
from pydantic import BaseModel, ValidationError
from werkzeug.datastructures import MultiDict

from portal.web.problem_types import VersionNeeded
from services.errors import Invalid

Model = TypeVar("Model", bound=BaseModel)
LONGEST_KEY = 200
MOST_DIGITS = 9
MOST_NAMED, MOST_LISTED = 5, 100  # problems that the text of an answer tells, and its fields
# The version; with something included a digest of the answer; and how it was compressed.
ETAG = re.compile(rf"([0-9]{{1,{MOST_DIGITS}}})(?:\.[0-9a-f]{{40}})?(?::[a-z]+)?")
# Our words for what pydantic says otherwise; {} are its own details.
WORDS = {
    "missing": "Required.",
    "extra_forbidden": "Unknown.",
    "string_type": "Must be a string.",
    "int_type": "Must be a whole number.",
    "bool_type": "Must be true or false.",
    "list_type": "Must be a list.",
    "dict_type": "Must be an object.",
    "model_type": "Must be an object.",
    "literal_error": "Must be one of {expected}.",
    "string_too_short": "Must have at least {min_length} characters.",
    "string_too_long": "Can have at most {max_length} characters.",
    "too_long": "Can have at most {max_length} entries.",
    "greater_than_equal": "Must be at least {ge}.",
    "less_than_equal": "Can be at most {le}.",
    "value_error": "{error}.",
}


def query(model: type[Model] | None, args: MultiDict[str, str]) -> Model | None:
    """Return the parameters; raises Invalid."""
    fields = _by_alias(model)
    values: dict[str, Any] = {}
    for name, texts in args.lists():
        if name not in fields:
            raise Invalid(_unknown("parameter", name, fields), {name[:40]: "Unknown."})
        if fields[name]:
            values[name] = list(dict.fromkeys(texts))
        elif len(texts) > 1:
            raise Invalid(f"The parameter {name} can be sent only once.", {name: "Once."})
        else:
            values[name] = texts[0]
    return None if model is None else _validated(model, values, parameters=True)


def body(model: type[Model]) -> Model:
    """Return the JSON object of the request; raises Invalid."""
    sent: Any = request.get_json()
    if not isinstance(sent, dict):
        raise Invalid("Send a JSON object.")
    return _validated(model, sent)


def no_body() -> None:
    """Raise Invalid for a body where none belongs."""
    if request.content_length or request.get_data(cache=True):
        raise Invalid("This request takes no body. Nothing was changed.")


def version() -> int:
    """Return the version in If-Match, which the caller saw; raises VersionNeeded."""
    given = request.headers.get("If-Match", "").strip().removeprefix("W/").strip('"')
    match = ETAG.fullmatch(given)
    if match is None or not int(match[1]):
        raise VersionNeeded
    return int(match[1])


def idempotency_key() -> str | None:
    """Return the key under which the same request is carried out once, None when none came along."""
    key: str | None = request.headers.get("Idempotency-Key")
    if key is not None and not 0 < len(key) <= LONGEST_KEY:
        raise Invalid(f"An Idempotency-Key can have 1 to {LONGEST_KEY} characters.")
    return key


def _validated(model: type[Model], values: Mapping[str, Any], *, parameters: bool = False) -> Model:
    try:
        return model.model_validate(values)
    except ValidationError as error:
        fields = {}
        problems = error.errors(include_url=False, include_input=False)
        for each in problems[:MOST_LISTED]:
            words = WORDS.get(each["type"], each["msg"] + ".")
            fields[_path(each["loc"][:1] if parameters else each["loc"])] = words.format_map(
                each.get("ctx", {})
            ).replace("<", "less than ")
        named = [f"{path}: {text}" for path, text in list(fields.items())[:MOST_NAMED]]
        unknown = next((each for each in problems if each["type"] == "extra_forbidden"), None)
        if unknown is not None and len(unknown["loc"]) == 1:
            named.insert(0, _unknown("field", str(unknown["loc"][0]), model.model_fields))
        raise Invalid(" ".join(named), fields) from None


def _path(location: tuple[int | str, ...]) -> str:
    """Write where something is: requester.email, team_ids.2."""
    return ".".join(str(part)[:40] for part in location)[:200]


def _by_alias(model: type[BaseModel] | None) -> dict[str, bool]:
    """Map the names of the parameters to whether they may be there several times."""
    if model is None:
        return {}
    return {field.alias or name: is_list(field.annotation) for name, field in model.model_fields.items()}


def is_list(annotation: Any) -> bool:
    """Tell whether a parameter is a list of values."""
    return get_origin(annotation) is list


def _unknown(what: str, name: str, known: Mapping[str, Any]) -> str:
    return f"There is no {what} {name[:40]!r} here, only {', '.join(known) or 'none'}."
