"""What goes in and out about inspections: candidates and plans, inspections, what follows from them."""
