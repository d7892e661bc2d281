"""The command line: `ledgerdesk COMMAND`, and `flask COMMAND` as its deprecated alias."""
