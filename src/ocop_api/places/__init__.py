"""Administrative places: provinces, districts (until 2025), communes, and what became of them."""
