"""`python -m portal.cli`: what the script `ledgerdesk` runs."""

from portal.cli.main import ledgerdesk

if __name__ == "__main__":
    ledgerdesk(prog_name="ledgerdesk")
