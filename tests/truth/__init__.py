"""What Home Assistant counts, judged against what happened."""
