"""Dossiers (*hồ sơ*): from the producer's draft to the result, under the regime of the lodging day."""
