"""Loading what every process needs before processes part ways."""

import dynamodb_client
from services import reporting


def preload() -> None:
    """Load the code and data that all workers share; opens no connection."""
    dynamodb_client.preload()
    reporting.preload()
