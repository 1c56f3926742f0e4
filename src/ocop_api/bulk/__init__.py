"""Bulk imports over HTTP: a file becomes a job, and every row is stored or explained."""
