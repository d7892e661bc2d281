"""What exists in development only."""
