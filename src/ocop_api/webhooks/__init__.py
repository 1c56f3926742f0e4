"""What other systems are told: the stream of changes they follow."""
