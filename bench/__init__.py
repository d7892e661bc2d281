"""Measuring the product at 10,000 and 100,000 tickets; README.md says how to read the figures."""
