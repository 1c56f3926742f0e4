"""Candidates, plans and inspections in the database; each module reads one of them."""
