"""Instants as the text that is stored and sent: UTC, microseconds, "Z"."""

from models.times import from_text, to_text

__all__ = ["from_text", "to_text"]
