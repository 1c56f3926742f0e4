"""The official forms of a dossier (Decision 26/2026, Annex III) as printable and editable files."""
