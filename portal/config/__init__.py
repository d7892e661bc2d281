"""The settings of this instance: frozen, typed, and the only reader of the environment."""
