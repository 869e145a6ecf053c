"""Taking in what changed upstream: compare, pass the gates, replace lock and results together or neither."""
