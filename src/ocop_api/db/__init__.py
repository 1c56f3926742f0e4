"""How rows are kept: base classes, sessions, paging and the meaning of violated constraints."""
