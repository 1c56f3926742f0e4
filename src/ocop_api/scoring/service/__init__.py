"""Use cases of scoring: the rubric, councils, sessions, sheets and rounds."""
