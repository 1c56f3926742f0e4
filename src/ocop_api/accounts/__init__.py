"""Who may act: users, sign-in sessions, their tokens, and the roles granted to them."""
