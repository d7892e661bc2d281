"""Runs in Lambda, with nothing but what its runtime brings: changes secrets while the product goes on."""
