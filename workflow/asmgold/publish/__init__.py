"""Products: what is handed to people, and the record of how it was made."""
