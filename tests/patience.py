"""How long a test waits for what must come.

Only so that a test that is stuck ends: a test that works waits for a condition, and a busy machine is no failure.
"""

PATIENCE = 120.0  # seconds
PATIENCE_MS = 60_000.0  # in browsers, where each assertion waits for itself
