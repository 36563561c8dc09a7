"""The replacements, by the name of the module that they replace."""
