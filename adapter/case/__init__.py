"""The case: facts with their states and origins, merged from statements. Pure values; no wire, no rule, no clock."""
