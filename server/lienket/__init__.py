"""Liên Kết: departments' tables become linked open data, checked, published and served."""

__version__ = "0.1.0"
