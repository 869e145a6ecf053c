"""What a user asks for: the models of the configuration, and loading with messages that a person can act on."""
