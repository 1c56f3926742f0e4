"""Criteria as an API, councils and their sessions, sealed score sheets, results that explain themselves."""
