"""Numerical operations that the models are built on."""
