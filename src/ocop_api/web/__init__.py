"""The HTTP edge shared by every router: sessions, callers, problems, paging, conditions, middleware."""
