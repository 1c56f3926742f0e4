"""Ways out of the process: storage, documents, mail, marketplaces and the embedded database."""
