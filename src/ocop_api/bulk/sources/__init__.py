"""From a file on disk to records: CSV, NDJSON, XLSX and ODS, streamed."""
