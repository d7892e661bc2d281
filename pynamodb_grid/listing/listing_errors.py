"""What a list request can fail with; every error carries one message fit to show to a person."""


class ListingError(Exception):
    """Is the base of every error that a listing raises."""


class BadRequest(ListingError):
    """Says that a field, an operator, a value or a page size cannot be used."""


class BadCursor(ListingError):
    """Says that a cursor is malformed, forged, or belongs to another list."""


class Unservable(ListingError):
    """Says that no declared plan can answer the request, and what would."""


class Unavailable(ListingError):
    """Says that the database did not answer; the cause is chained."""


class TooLarge(Unservable):
    """Says that a set meant to be read whole exceeds its cap."""
