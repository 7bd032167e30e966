"""Whatever a server, a user or a file says: a value, None or one of our errors."""
