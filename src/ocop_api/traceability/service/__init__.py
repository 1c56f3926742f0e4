"""What people do with lots: growing areas, lots and their traces, steps, and the public passport."""
