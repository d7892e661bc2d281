"""Each part that the bench leaves out of the fast client is really left out."""

from contextlib import nullcontext

import pytest

import models
from bench.client_cost import WITHOUT
from dynamodb_client import ConnectionOptions, disconnect, response_parser
from models import ticket


@pytest.mark.parametrize("part", [None, "response parser"])
def test_the_response_parser_reads_items_unless_it_is_left_out(tables, monkeypatch, part):
    calls = []
    parse = response_parser.parse
    monkeypatch.setattr(response_parser, "parse", lambda *a, **k: calls.append(1) or parse(*a, **k))
    options = ConnectionOptions(region="eu-central-1", endpoint=tables.endpoint, prefix=tables.prefix)
    disconnect()
    with WITHOUT[part]() if part else nullcontext():
        models.connect(options)
        ticket.find(1)  # now it connects
    calls.clear()
    assert ticket.find(1) is None
    assert bool(calls) is (part is None)
