"""How old the data are, against how fresh the account's limits let them be."""
