"""Fields that hold several of their choices."""

import pytest
from werkzeug.datastructures import MultiDict

from pynamodb_grid.admin import Field, Kind
from pynamodb_grid.admin.forms import form_class, read_shown_values, write_shown_values

TEAMS = Field("teams", Kind.TEXT_LIST, label="Teams", choices=(("b", "Billing"), ("d", "Devices")))


class Row:
    """A record with teams."""

    teams = ("d", "gone")


def test_several_choices_are_read_and_written() -> None:
    form = form_class([TEAMS])(MultiDict([("teams", "b"), ("teams", "d")]))
    assert form.validate()
    assert form.data == {"teams": ["b", "d"]}
    html = str(form.teams())
    assert "<select" not in html
    assert html.count(" checked") == 2


def test_no_choice_is_fine_and_an_unknown_one_is_refused() -> None:
    assert form_class([TEAMS])(MultiDict()).validate()
    form = form_class([TEAMS])(MultiDict([("teams", "b"), ("teams", "x")]))
    assert not form.validate()
    assert "does not have the choice 'x'" in str(form.teams.errors)


def test_what_a_page_showed_may_hold_a_choice_that_is_gone() -> None:
    with pytest.raises(ValueError, match="gone"):
        TEAMS.parse(["gone"])
    assert read_shown_values([TEAMS], write_shown_values([TEAMS], Row())) == {"teams": ["d", "gone"]}
