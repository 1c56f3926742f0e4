"""The rules of the OCOP programme as pure Python: no framework, no database, no clock of its own."""
