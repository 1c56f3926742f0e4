"""Services of inspections by use case: plans, planning, carrying out, what follows, reading, counting."""
