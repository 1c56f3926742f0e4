"""Yearly plans of the programme, their targets with computed or reported figures, and the reports."""
