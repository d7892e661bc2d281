"""Where a view reads and writes: a protocol, and the default over a PynamoDB model."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, Protocol
from urllib.parse import quote, unquote

from botocore.exceptions import ClientError
from pynamodb.attributes import Attribute, NumberAttribute
from pynamodb.exceptions import DeleteError, PutError, PynamoDBException, UpdateError
from pynamodb.expressions.condition import Condition as Expression
from pynamodb.models import Model

from pynamodb_grid.admin.write_errors import Missing, Refused, StaleWrite
from pynamodb_grid.listing import Conditions, Listing, ListRequest, Page, Sort

_ATTEMPTS = 5
_KEY_BYTES = 1024
_WHOLE = re.compile(r"-?[0-9]{1,38}")
_LOST = "ConditionalCheckFailedException"


class Source(Protocol):
    """Reads and writes rows for a view; writes raise StaleWrite, Refused or Missing.

    Where the database gives no clear answer, a write raises the listing's Unavailable. A pk is text, as it
    stands in URLs. Rows are any objects with the listed fields as attributes.
    """

    def page(self, request: ListRequest) -> Page:
        """Reads one page; raises ListingError."""
        ...

    def iterate(self, conditions: Conditions, sort: Sort | None) -> Iterator[Any]:
        """Streams every row; raises ListingError before the first."""
        ...

    def sortable(self, conditions: Conditions) -> Collection[str]:
        """Lists the fields a list with these conditions can be sorted by."""
        ...

    def pk(self, row: Any) -> str:
        """Gives a row's key as text."""
        ...

    def version(self, row: Any) -> int | None:
        """Gives a row's version, None where there is no locking."""
        ...

    def get(self, pk: str) -> Any | None:
        """Reads one row as it is now; None when there is none, or pk is malformed."""
        ...

    def create(self, values: Mapping[str, Any]) -> Any:
        """Writes a new row and gives it back."""
        ...

    def update(
        self,
        pk: str,
        values: Mapping[str, Any],
        expected_version: int | None,
        *,
        shown_values: Mapping[str, Any] | None = None,
    ) -> Any:
        """Changes fields (None empties one) and gives the row back; shown_values holds what the writer was shown."""
        ...

    def delete(self, pk: str, expected_version: int | None = None) -> None:
        """Removes a row."""
        ...


class ModelSource:
    """Reads through a listing and writes items directly, with optimistic locking on a version field.

    A write against an older version succeeds when nobody changed the same fields meanwhile, which `shown_values`
    shows; otherwise it raises StaleWrite. A model without the version field is written on the condition that the
    changed fields still have the values that were shown. derive computes attributes (composed keys) from a changed
    row.
    """

    def __init__(
        self,
        model: type[Model],
        listing: Listing,
        *,
        version_field: str | None = "version",
        derive: Callable[[Any], Mapping[str, Any]] | None = None,
    ) -> None:
        """Keep model and listing."""
        self._model, self._listing, self._derive = model, listing, derive
        attributes = model.get_attributes()
        self._version = version_field if version_field in attributes else model._version_attribute_name
        keys = (a for a in attributes.values() if a.is_hash_key or a.is_range_key)
        self._keys = sorted(keys, key=lambda a: not a.is_hash_key)
        self._names = {a.attr_name: n for n, a in attributes.items()}

    def page(self, request: ListRequest) -> Page:
        """Reads one page."""
        return self._listing.page(request)

    def iterate(self, conditions: Conditions, sort: Sort | None) -> Iterator[Any]:
        """Streams every row."""
        return self._listing.iterate(conditions, sort)

    def sortable(self, conditions: Conditions) -> Collection[str]:
        """Lists the fields that can be sorted by."""
        return self._listing.sortable(conditions)

    def pk(self, row: Any) -> str:
        """Joins the key parts with commas, each percent-encoded."""
        values = ((a, getattr(row, self._names[a.attr_name])) for a in self._keys)
        return ",".join(quote(str(key.serialize(value)), safe="") for key, value in values)

    def version(self, row: Any) -> int | None:
        """Reads the version field."""
        value = getattr(row, self._version) if self._version else None
        return None if value is None else int(value)

    def get(self, pk: str) -> Any | None:
        """Reads one row consistently."""
        parts = self._parts(pk)
        if parts is None:
            return None
        try:
            return self._model.get(parts[0], parts[1] if len(parts) > 1 else None, consistent_read=True)
        except self._model.DoesNotExist:
            return None

    def create(self, values: Mapping[str, Any]) -> Any:
        """Writes a new item; Refused when its key is taken."""
        row = self._model(**{name: value for name, value in values.items() if value is not None})
        self._apply_derived(row)
        self._require(row)
        if self._version and getattr(row, self._version) is None and not self._managed:
            setattr(row, self._version, 1)
        try:
            row.save(condition=self._keys[0].does_not_exist())
        except PutError as error:
            if _lost(error):
                raise Refused("A record with this key already exists.") from error
            raise
        return row

    def update(
        self,
        pk: str,
        values: Mapping[str, Any],
        expected_version: int | None,
        *,
        shown_values: Mapping[str, Any] | None = None,
    ) -> Any:
        """Writes changed fields, retrying while others write other fields."""
        for _ in range(_ATTEMPTS):
            row = self.get(pk)
            if row is None:
                raise Missing
            self._check(row, values, expected_version, shown_values)
            if self._write(row, values):
                return row
        raise Refused("Others are changing this record right now. Try again in a moment.")

    def delete(self, pk: str, expected_version: int | None = None) -> None:
        """Removes an item; StaleWrite when its version is not the expected one."""
        row = self.get(pk)
        if row is None:
            raise Missing
        current = self.version(row)
        if expected_version is not None and current != expected_version and self._version:
            raise StaleWrite(self._version, old=expected_version, theirs=current, version=current)
        try:
            row.delete(self._condition(row), add_version_condition=self._managed)
        except DeleteError as error:
            if not _lost(error):
                raise
            if self._version is None:
                raise Missing from error
            raise StaleWrite(self._version, old=current) from error

    @property
    def _managed(self) -> bool:
        """Tells whether PynamoDB itself conditions and counts the version."""
        return self._version is not None and self._version == self._model._version_attribute_name

    def _parts(self, pk: str) -> list[Any] | None:
        texts = [unquote(part) for part in pk.split(",")]
        if len(texts) != len(self._keys) or len(pk) > 4096:
            return None
        try:
            return [_key_value(key, text) for key, text in zip(self._keys, texts, strict=True)]
        except (ValueError, TypeError):
            return None

    def _check(
        self,
        row: Any,
        values: Mapping[str, Any],
        expected: int | None,
        shown_values: Mapping[str, Any] | None,
    ) -> None:
        current = self.version(row)
        if self._version and (expected is None or current == expected):
            return
        for field, yours in values.items():
            theirs = getattr(row, field)
            known = shown_values is not None and field in shown_values
            if not known and not self._version:
                continue
            old = shown_values[field] if shown_values is not None and known else None
            if theirs != yours and (not known or theirs != old):
                raise StaleWrite(field, old=old, theirs=theirs, yours=yours, version=current)

    def _write(self, row: Any, values: Mapping[str, Any]) -> bool:
        """Sends one conditional update; False when somebody was faster."""
        attributes = self._model.get_attributes()
        condition = self._condition(row)
        if self._version is None:
            for field in values:
                condition &= _unchanged(attributes[field], getattr(row, field))
        for field, value in values.items():
            setattr(row, field, value)
        changed = {**values, **self._apply_derived(row)}
        self._require(row, changed)
        actions = [attributes[f].remove() if v is None else attributes[f].set(v) for f, v in changed.items()]
        if self._version and not self._managed:
            actions.append(attributes[self._version].set((self.version(row) or 0) + 1))
        if not actions:
            return True
        try:
            row.update(actions=actions, condition=condition, add_version_condition=self._managed)
        except UpdateError as error:
            if _lost(error):
                return False
            raise
        return True

    def _condition(self, row: Any) -> Expression:
        """Require that the item still exists: an update would otherwise create it again."""
        present = self._keys[0].exists()
        if self._version is None or self._managed:
            return present
        both: Expression = present & _unchanged(
            self._model.get_attributes()[self._version], self.version(row)
        )
        return both

    def _require(self, row: Any, changed: Collection[str] | None = None) -> None:
        """Refuses a row without a value that the model needs: without a key it would leave an index, or the table."""
        for name, attribute in self._model.get_attributes().items():
            if attribute.null or name == self._version or (changed is not None and name not in changed):
                continue
            if getattr(row, name) is None:
                raise Refused(f"{name.replace('_', ' ').capitalize()} needs a value.", name)

    def _apply_derived(self, row: Any) -> Mapping[str, Any]:
        derived = self._derive(row) if self._derive else {}
        for field, value in derived.items():
            setattr(row, field, value)
        return derived


def _unchanged(attribute: Attribute[Any], value: Any) -> Expression:
    expression: Expression = attribute.does_not_exist() if value is None else attribute == value
    return expression


def _lost(error: PynamoDBException) -> bool:
    """Tells whether a condition did not hold; without an answer PynamoDB's own property would stumble."""
    return isinstance(error.cause, ClientError) and error.cause_response_code == _LOST


def _key_value(key: Attribute[Any], text: str) -> Any:
    """Reads one part of a key; ValueError for what DynamoDB would refuse."""
    if not 1 <= len(text.encode()) <= _KEY_BYTES:
        raise ValueError("not a key")
    if isinstance(key, NumberAttribute):
        if not _WHOLE.fullmatch(text):
            raise ValueError("not a number")
        return int(text)
    return key.deserialize(text)
