"""Code systems, codes and units: the loaders of the terminology tables in mappings/. No facts, no wires."""
