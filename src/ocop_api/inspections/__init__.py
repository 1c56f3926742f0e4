"""Inspections of recognised products: plans, checklists, conclusions, and what follows from them."""
