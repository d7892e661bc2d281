"""Errors of the reporting domain, each with a message that people can act on."""

from services.errors import Invalid, Unavailable


class CopyMissing(Unavailable):
    """The columnar copy has not been built yet."""

    def __init__(self) -> None:
        super().__init__("The report data is still being built by the worker. Try again in a minute.")


class CopyDamaged(Unavailable):
    """A file of the columnar copy cannot be read; the worker rebuilds it from the ledger."""

    def __init__(self, what: str) -> None:
        super().__init__(f"The report data is being rebuilt because {what} cannot be read.")


class CopyBusy(Unavailable):
    """Other reports are running in this process."""

    def __init__(self) -> None:
        super().__init__("Reports are busy right now. Try again in a few seconds.")


class TooLarge(Unavailable):
    """A report needs more memory than a process may use."""

    def __init__(self) -> None:
        super().__init__("This report covers too much data. Choose a shorter period.")


class BadPeriod(Invalid):
    """The period of a report cannot be used."""


class BadSelection(Invalid):
    """A list uses a field, a comparison or a value that the copy does not support."""
