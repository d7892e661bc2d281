"""What every request passes through: guards, identity, CSRF, headers, errors, logs, health."""
