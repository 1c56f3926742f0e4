"""Shapes of the scoring API: editions, evaluations, councils, sessions, sheets and results."""
