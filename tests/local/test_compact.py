"""`make compact`: what was overwritten or deleted is gone from the engine's file too, all else is there."""

import pytest

import models
from dynamodb_client import ConnectionOptions, disconnect
from local.compact import compact
from local.engine import DATABASE_NAME, Engine
from local.folder_lock import FolderInUseError
from models.setting import Setting
from tests.engines import embedded_only

pytestmark = [pytest.mark.engine, embedded_only]
WORDS = b"Quillfeather was here"


def test_no_word_is_left_in_free_pages(tmp_path):
    with Engine(tmp_path) as engine:
        connect(engine)
        models.create_tables()
        for number in range(200):
            item = Setting(kind="macro", id=f"{number:03}", value={"text": f"{WORDS.decode()} {'x' * 500}"})
            item.save()
        for number in range(200):
            Setting(kind="macro", id=f"{number:03}", value={"text": "[erased]"}).save()
        with pytest.raises(FolderInUseError):
            compact(tmp_path)
    assert WORDS in (tmp_path / DATABASE_NAME).read_bytes(), "the engine cleans up now: say so in the docs"
    before, after = compact(tmp_path)
    assert after <= before
    assert not [path for path in tmp_path.iterdir() if WORDS in path.read_bytes()]
    with Engine(tmp_path) as engine:
        connect(engine)
        assert {item.value["text"] for item in Setting.query("macro")} == {"[erased]"}
    disconnect()


def connect(engine: Engine) -> None:
    """Point the models at an engine."""
    models.connect(ConnectionOptions(region="eu-central-1", endpoint=engine.endpoint, prefix="c-"))
