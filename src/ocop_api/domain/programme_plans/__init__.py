"""Yearly programme plans as data, restated in our own short wording; ``domain.programme`` reads them."""
