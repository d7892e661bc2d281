"""Headers answer as botocore's own do."""

from http.client import HTTPMessage

import pytest
from botocore.awsrequest import HeadersDict

from dynamodb_client.headers import RequestHeaders, ResponseHeaders

SAID = {"x-amzn-requestid": "1", "content-type": "application/json"}


@pytest.mark.parametrize("name", ["x-amzn-requestid", "X-Amzn-RequestId", "Content-Type", "Date"])
def test_a_reply_s_headers_are_found_by_names_in_any_case(name: str) -> None:
    ours, stock = ResponseHeaders(SAID), HeadersDict(SAID)
    assert (name in ours) == (name in stock)
    assert ours.get(name, "none") == stock.get(name, "none")
    if name in stock:
        assert ours[name] == stock[name]
    else:
        with pytest.raises(KeyError):
            ours[name]


def test_a_reply_s_headers_are_listed_in_lower_case() -> None:
    assert list(ResponseHeaders(SAID).items()) == list(SAID.items())


def test_a_request_s_header_is_replaced_only_where_it_is() -> None:
    ours, stock = RequestHeaders({"User-Agent": "old"}), HTTPMessage()
    stock["User-Agent"] = "old"
    for headers in (ours, stock):
        headers.replace_header("User-Agent", "new")
        with pytest.raises(KeyError):
            headers.replace_header("Date", "today")
    assert list(ours.items()) == stock.items() == [("User-Agent", "new")]
