"""Running Ledgerdesk on one machine: the embedded engine and the supervisor behind `make run`.

Production never imports this package.
"""
