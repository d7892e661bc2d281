"""A program follows the change feed of the running product, and waits for what happens next."""

import http.client
import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

from tests.patience import PATIENCE


def test_a_program_that_waits_is_told_what_happens(people, token_of, live_server):
    secret = token_of("agent", ["ticket:view"])

    def follow(query):
        address, headers = live_server.url.removeprefix("http://"), {"Authorization": f"Bearer {secret}"}
        with closing(http.client.HTTPConnection(address, timeout=PATIENCE)) as client:
            client.request("GET", f"/api/v1/events?{query}", headers=headers)
            return json.load(client.getresponse())

    before = follow("size=1")
    assert before["events"] == []
    assert follow(f"after={before['cursor']}&wait=1")["events"] == []
    with ThreadPoolExecutor() as pool:
        # More than the product has threads.
        waiting = [pool.submit(follow, f"after={before['cursor']}&wait=300") for _ in range(20)]
        number = people["customer"].new_ticket("For the feed")
        answers = [each.result() for each in waiting]
    for answer in answers:
        assert [(event["ticket_id"], event["kind"]) for event in answer["events"]] == [(number, "created")]
