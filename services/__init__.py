"""Business rules by domain; knows no web framework and no PynamoDB."""
