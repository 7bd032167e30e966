"""History: what is asked, merged and written."""
