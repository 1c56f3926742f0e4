"""Pages for a person without an app: the shared shell and how a template becomes an answer."""
