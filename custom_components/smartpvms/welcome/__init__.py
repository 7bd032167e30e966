"""The first hour: forms of the account, what comes after the set-up."""
