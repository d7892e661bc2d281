"""The libraries' exceptions in the product's own words."""

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError
from pynamodb.exceptions import GetError, PutError, TransactWriteError

from models.store_errors import Cancelled, EngineUnavailable, VersionMoved, translated


def refused(code, **more):
    return ClientError({"Error": {"Code": code, "Message": ""}, **more}, "PutItem")


LOST = ConnectionClosedError(endpoint_url="http://engine")
LATE = ReadTimeoutError(endpoint_url="http://engine")


@pytest.mark.parametrize(
    ("error", "meaning"),
    [
        (GetError("no", LOST), EngineUnavailable),
        (PutError("no", LATE), EngineUnavailable),
        (TransactWriteError("no", LOST), EngineUnavailable),
        (TransactWriteError("no", refused("TransactionInProgressException")), EngineUnavailable),
        (TransactWriteError("no", refused("TransactionCanceledException")), Cancelled),
        (PutError("no", refused("ConditionalCheckFailedException")), VersionMoved),
        (PutError("no", refused("ProvisionedThroughputExceededException")), EngineUnavailable),
        (GetError("no"), EngineUnavailable),
        (LOST, EngineUnavailable),
        (refused("ThrottlingException"), EngineUnavailable),
    ],
    ids=repr,
)
def test_what_an_exception_means(error, meaning):
    with pytest.raises(meaning), translated():
        raise error


def test_other_exceptions_pass():
    with pytest.raises(KeyError), translated():
        raise KeyError
