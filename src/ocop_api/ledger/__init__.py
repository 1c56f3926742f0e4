"""What happened: append-only events, sealed into a chain whose heads are signed."""
