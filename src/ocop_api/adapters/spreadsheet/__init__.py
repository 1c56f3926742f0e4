"""Spreadsheets: reading and writing workbooks."""
