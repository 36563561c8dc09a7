"""A package of the program, with data."""
