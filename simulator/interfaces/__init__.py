"""The northbound interfaces, one file a subject."""
