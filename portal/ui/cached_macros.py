"""Parts of pages that are the same for everybody, rendered once per process."""

from functools import lru_cache

from flask import Flask

MOST = 64


def init_app(app: Flask) -> None:
    """Give templates cached macros; only for macros whose output depends on their arguments alone."""

    @lru_cache(maxsize=MOST)
    def cached_macro(template: str, macro: str, *arguments: bool) -> str:
        html: str = getattr(app.jinja_env.get_template(template).module, macro)(*arguments)
        return html

    app.jinja_env.globals["still"] = cached_macro
