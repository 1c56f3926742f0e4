"""Saved self-assessments of products: drafts, evidence by criterion, progress, changes over time."""
