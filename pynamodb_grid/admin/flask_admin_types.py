"""Typed handles on the untyped parts of Flask-Admin and WTForms that this package builds on."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar, cast

from flask_admin import expose as _expose

F = TypeVar("F", bound=Callable[..., Any])


def expose(url: str, methods: Sequence[str] = ("GET",)) -> Callable[[F], F]:
    """Makes a method a route of its view."""
    return cast("Callable[[F], F]", _expose(url, methods))
