"""Parts of pages that are the same for everybody: rendered once in a process."""

from functools import lru_cache

from flask import Flask

MOST = 64


def init_app(app: Flask) -> None:
    """Let templates ask for such a part; only for macros whose output follows from their arguments alone."""

    @lru_cache(maxsize=MOST)
    def still(template: str, macro: str, *arguments: bool) -> str:
        made: str = getattr(app.jinja_env.get_template(template).module, macro)(*arguments)
        return made

    app.jinja_env.globals["still"] = still
