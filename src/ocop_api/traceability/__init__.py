"""Lots from plot to bag: growing areas, steps recorded as EPCIS events, tracing, and the public passport."""
