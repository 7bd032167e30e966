"""The steps of the dialogs, which `config_flow.py` puts together."""
