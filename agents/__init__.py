"""Thin Faust shells: `attach(app, ...)` each."""
