"""The managers' dashboard: a Dash app mounted in the Flask process, reading only the reporting services."""

from analytics_dash.mount import mount

__all__ = ["mount"]
