"""A filter by person: offers the usual people, and takes any person's id from a link."""

from collections.abc import Callable, Iterable
from typing import Any

from pynamodb_grid.admin import ChoiceFilter, Choices
from pynamodb_grid.admin.filters import NONE, Values
from pynamodb_grid.listing import Conditions


class PersonFilter(ChoiceFilter):
    """Choices of people, where an id that is not offered is fine: whoever a chart or a ticket names."""

    def __init__(
        self,
        field: str,
        choices: Choices,
        label: str,
        *,
        name: str,
        names: Callable[[Iterable[str]], dict[str, str]],
        empty: str | None = None,
    ) -> None:
        super().__init__(field, choices, label, name=name, empty=empty)
        self._names = names

    def conditions(self, values: Values) -> Conditions:
        """Make an equality or a set; somebody nobody knows simply has no tickets."""
        conditions: list[Any] = []
        for suffix, texts in values.items():
            conditions.extend(self._made(suffix == "not", list(dict.fromkeys(texts))))
        return tuple(conditions)

    def shown(self, values: Values) -> str:
        """Write the people's names."""
        ids = [text for texts in values.values() for text in texts if text != NONE]
        names = self._names(ids)
        words = [
            ("not " if suffix else "") + ", ".join(self._word(text, names) for text in texts)
            for suffix, texts in values.items()
        ]
        return "; ".join(words)

    def _word(self, text: str, names: dict[str, str]) -> str:
        return str(self._empty) if text == NONE else names.get(text, text)
