"""The hub of an entry: its coordinators, wired; set-up, and what a restart begins with."""
