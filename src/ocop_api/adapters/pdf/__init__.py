"""Papers as PDF and pictures: the port, its typst implementation and a twin in memory for tests."""
