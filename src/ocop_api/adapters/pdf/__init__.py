"""PDF documents: the port, its typst implementation and a twin in memory for tests."""
