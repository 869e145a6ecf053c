"""From rows as read to records: corrected, located, flagged, and each with exactly one fate."""
