"""The days on which offices work: public holidays, days worked in exchange, and what a decision changed."""
