"""What the user asks for: YAML, environment and flags become one Config, checked before the first request."""
