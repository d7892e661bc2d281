"""The service overview for managers: a Dash app in the Flask process that only uses the reporting services."""

from analytics_dash.mount import mount

__all__ = ["mount"]
