"""Criteria as an API, councils and their sessions, sealed score sheets, and results that explain themselves."""
