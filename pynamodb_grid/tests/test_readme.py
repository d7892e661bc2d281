"""The README's examples run as printed."""

import re
import sys
import types
from pathlib import Path
from typing import Any

import pytest

README = Path(__file__).parents[1] / "README.md"


def examples() -> list[str]:
    return re.findall(r"```python\n(.*?)```", README.read_text(), re.S)


@pytest.fixture
def module() -> Any:
    """Gives the examples a module of their own, as Flask looks its application's module up."""
    example = types.ModuleType("readme_example")
    sys.modules[example.__name__] = example
    yield example
    del sys.modules[example.__name__]


def test_the_examples_run(aws: None, module: Any, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = examples()
    assert len([line for line in first.splitlines() if line.strip()]) <= 20
    exec(compile(first, "README.md", "exec"), vars(module))  # noqa: S102  (our own text)
    module.Note.create_table(billing_mode="PAY_PER_REQUEST", wait=True)
    module.Note(title="One/two", text="=formula").save()
    client = module.app.test_client()
    page = client.get("/admin/note/?title=One/two")
    assert page.status_code == 200
    assert 'data-pk="One%2Ftwo"' in page.text
    assert "'=formula" in client.get("/admin/note/export/csv/").text
    assert client.get("/admin/note/edit/?id=One%252Ftwo").status_code == 200
    exec(compile(second, "README.md", "exec"), vars(module))  # noqa: S102  (our own text)
    printed = capsys.readouterr().out
    assert printed.startswith("index: by_assignee; keys: assignee_id eq 'ana', updated_at ge ")
    assert printed.endswith("state in 'open'; filter: status in 'new', 'open'; 1 partition\n")
