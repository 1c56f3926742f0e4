"""Traceability rules: GS1 identification keys, EPCIS 2.0 events, lots with their mass balance and trace."""
