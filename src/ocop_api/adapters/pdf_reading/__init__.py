"""Files of others, opened where they can do no harm: PDFs and pictures, in a process of their own."""
