"""Papers of certificates, as administrative documents are laid out (Decree 30/2020)."""
