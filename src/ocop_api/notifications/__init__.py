"""What people are told: notices in the application, made from the ledger."""
