"""Use cases of what other systems are told: the stream they follow, and messages pushed to them."""
