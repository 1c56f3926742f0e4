"""Work done later: enqueued in the caller's transaction, run by the worker, at least once."""
