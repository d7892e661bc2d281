"""Cursor-paged, index-planned lists over PynamoDB models, and a Flask-Admin backend for them."""
