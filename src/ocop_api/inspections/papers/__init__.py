"""Papers of an inspection."""
