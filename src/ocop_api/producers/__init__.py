"""Producers (*chủ thể OCOP*): who they are, where, and who may see what of them."""
