"""What the reporting domain refuses, each with a sentence a person can act on."""

from services.errors import Invalid, Unavailable


class CopyMissing(Unavailable):
    """The columnar copy has not been built yet."""

    def __init__(self) -> None:
        super().__init__("The report data is not built yet. The worker builds it; try again in a minute.")


class CopyDamaged(Unavailable):
    """A file of the columnar copy cannot be read; the worker rebuilds it from the ledger."""

    def __init__(self, what: str) -> None:
        super().__init__(f"The report data is being rebuilt because {what} cannot be read.")


class CopyBusy(Unavailable):
    """Other reports keep this process busy."""

    def __init__(self) -> None:
        super().__init__("Reports are busy right now. Try again in a few seconds.")


class TooLarge(Unavailable):
    """A report needs more memory than a process may use for it."""

    def __init__(self) -> None:
        super().__init__("This report covers too much at once. Choose a shorter period.")


class BadPeriod(Invalid):
    """The period of a report cannot be used."""


class BadSelection(Invalid):
    """A list asks for a field, a comparison or a value that the copy does not know."""
