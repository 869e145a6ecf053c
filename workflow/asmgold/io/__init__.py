"""Files and tables on the disk: whole or not at all, checked where they enter."""
