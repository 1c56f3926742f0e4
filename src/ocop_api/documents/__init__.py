"""Evidence: files with a kind, a number, an issuer and dates, kept once and cited by many."""
