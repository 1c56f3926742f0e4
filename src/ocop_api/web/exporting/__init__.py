"""Every list as a file: CSV, XLSX or NDJSON, read to its end with the caller's own eyes."""
