"""What can be imported: one module per kind, listed in ``registry``."""
