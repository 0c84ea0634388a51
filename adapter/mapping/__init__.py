"""Mapping: what codes, units and statuses of either wire mean for the facts of a case, by the tables of mappings/."""
