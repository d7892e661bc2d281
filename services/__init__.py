"""Business rules by domain; knows no web framework and no PynamoDB."""

# The only definition: pyproject.toml reads it from here, and the image has no pyproject.toml.
__version__ = "0.2.0"
