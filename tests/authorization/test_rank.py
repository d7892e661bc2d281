"""Everything that is done to an account, tried on accounts that allow more than that of a limited clerk."""

import pytest

from tests.authorization.access_case import RANKS, TICKETS
from tests.authorization.matrix import MATRIX, Key, complaint
from tests.authorization.matrix_run import grants, refusals, unknown
from tests.authorization.test_routes import Routes
from tests.authorization.test_services import Methods

CREATE = ("POST /admin/users/new/", "users.accounts.create")  # the account does not exist yet
SOMEBODY = ("foreign", *RANKS)


class Ranks:
    """The rows of all that an administrator may do to another account; pages that only show one are left out."""

    def __init__(self, routes: Routes, methods: Methods) -> None:
        self._routes, self._methods = routes, methods
        self.rows: set[Key] = {(action, kind) for action in CREATE for kind in RANKS}
        for table in ("routes", "services"):
            self.rows |= self._rows_of(table)

    @staticmethod
    def _rows_of(table: str) -> set[Key]:
        rows = MATRIX.tables[table].rows
        objects: dict[str, set[str]] = {}
        for key in rows:
            objects.setdefault(" ".join(key[:-1]), set()).add(key[-1].partition(" ")[0])
        return {
            (" ".join(key[:-1]), key[-1].replace("foreign", kind, 1))
            for key, row in rows.items()
            for kind in SOMEBODY
            if key[-1].startswith("foreign")
            and row["administrator"] == "yes"
            and key[0] != "GET"
            and not objects[" ".join(key[:-1])] & (set(TICKETS) - {"own", "foreign"})
        }

    def attempt(self, key: Key, column: str, fresh: bool) -> str:
        """Try a row as the clerk or an administrator."""
        action, about = key
        method, _, rule = action.partition(" ")
        if rule:
            return self._routes.attempt((method, rule, about), column, fresh)
        return self._methods.attempt((action, about), column, fresh)


@pytest.fixture(scope="module")
def ranks(matrix_site):
    return Ranks(Routes(matrix_site), Methods(matrix_site))


def test_what_is_refused(ranks):
    wrong, writes = refusals("rank", ranks.rows, ranks.attempt)
    assert not wrong, complaint("rank", wrong)
    assert not writes, "\n".join(writes)


def test_what_is_allowed(ranks):
    wrong = grants("rank", ranks.rows, ranks.attempt)
    assert not wrong, complaint("rank", wrong)


def test_everything_done_to_an_account_has_its_rows(ranks):
    missing, superfluous = unknown("rank", ranks.rows, ranks.attempt)
    assert not missing, complaint("rank", missing, superfluous)
    assert not superfluous, complaint("rank", missing, superfluous)
