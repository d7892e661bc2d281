"""The dashboard's callback as the browser sends it, checked against the loaded tickets."""

import itertools
import json
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlencode

from bench.client import Client, WrongAnswer
from bench.import_corpus import PRIORITIES, Known
from bench.measure import Operation

PAGE = "/reports/"
CALL = f"{PAGE}_dash-update-component"
SHAPES = f"{PAGE}_dash-dependencies"
PERIODS = {"7d": 7, "30d": 30, "90d": 90}
JSON = "application/json"


class Question(NamedTuple):
    """The filters in a dashboard's address; no teams or no priorities means all."""

    period: str
    teams: tuple[str, ...]
    priorities: tuple[str, ...]

    @property
    def search(self) -> str:
        """Write the search part of the address."""
        pairs = [("period", self.period)]
        pairs += [("team", team) for team in self.teams]
        pairs += [("priority", priority) for priority in self.priorities]
        return "?" + urlencode(pairs)


class Dashboard:
    """One callback that fills the page: with other filters each time, and with the same ones."""

    def __init__(self, connect: Callable[[], Client], truth: Sequence[Known]) -> None:
        self._connect = connect
        self._teams = sorted({ticket.team_id for ticket in truth})
        self._created = Counter((t.created_at.date(), t.team_id, t.priority) for t in truth)
        self._lock = threading.Lock()
        self._questions = self._all_questions()
        self._body: dict[str, Any] = {}
        self._token = ""

    def operations(self) -> list[Operation]:
        """Open the page once for its token and the callback's shape, and make the operations."""
        client = self._connect()
        client.get(PAGE)
        self._token = client.cookies["csrf_token"]
        self._body = callback_body(client.get(SHAPES).json())
        client.close()
        same = Question("30d", (), ())
        return [
            Operation("dashboard", "dashboard callback", self._connect, self._ask_another),
            Operation(
                "dashboard_again", "dashboard, same filters", self._connect, lambda c: self._ask(c, same)
            ),
        ]

    def _ask_another(self, client: Client) -> None:
        with self._lock:
            question = next(self._questions)
        self._ask(client, question)

    def _ask(self, client: Client, question: Question) -> None:
        body = {**self._body, "inputs": [*map(dict, self._body["inputs"])]}
        body["inputs"][0]["value"] = question.search
        headers = {"Content-Type": JSON, "Accept": JSON, "X-CSRFToken": self._token}
        answer = client.send("POST", CALL, json.dumps(body).encode(), headers)
        if answer.status != 200:
            raise WrongAnswer(f"the callback answered {answer.status}")
        response = answer.json()["response"]
        bar = response["bar"]["data"]
        if not bar["hidden"]["problem"]:
            raise WrongAnswer(f"the dashboard says: {' '.join(bar['parts']['problem'])}")
        shown = sum(response["payload"]["data"]["figures"]["daily"]["data"][0]["y"])
        expected = self._expected(question, datetime.now(UTC).date())
        if shown != expected:
            raise WrongAnswer(f"{question.search} shows {shown} created tickets, not {expected}")

    def _expected(self, question: Question, today: date) -> int:
        return sum(
            self._created[today - timedelta(days=day), team, priority]
            for day in range(PERIODS[question.period])
            for team in question.teams or self._teams
            for priority in question.priorities or PRIORITIES
        )

    def _all_questions(self) -> Iterator[Question]:
        """Give every choice of period, teams and priorities in a random order, then all of them again."""
        everything = [
            Question(period, teams, priorities)
            for period in PERIODS
            for teams in _subsets(self._teams)
            for priorities in _subsets(PRIORITIES)
        ]
        random.Random(3).shuffle(everything)
        return itertools.cycle(everything)


def callback_body(shapes: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Build what the page sends for its one server callback, from the list the page itself loads."""
    shape = next(one for one in shapes if not one.get("clientside_function"))
    outputs = [part.rpartition(".") for part in shape["output"].strip(".").split("...")]
    inputs = [{"id": one["id"], "property": one["property"]} for one in shape["inputs"]]
    return {
        "output": shape["output"],
        "outputs": [{"id": name, "property": what} for name, _, what in outputs],
        "inputs": inputs,
        "changedPropIds": ["url.search"],
        "parsedChangedPropsIds": ["url.search"],
    }


def _subsets(values: Sequence[str]) -> list[tuple[str, ...]]:
    """List all choices of some values; choosing all is choosing none, so it is left out."""
    return [chosen for count in range(len(values)) for chosen in itertools.combinations(values, count)]
