"""Rows of products: ``catalogue`` lists them for everybody, ``registering`` finds and stores single ones."""
