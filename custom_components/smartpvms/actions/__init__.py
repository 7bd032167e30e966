"""The actions: a module each, their fields and the calls they may take."""
