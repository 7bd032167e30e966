"""The tools of assistants: what they answer about plants, without a call to the server."""
