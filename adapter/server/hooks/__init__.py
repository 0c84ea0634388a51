"""The six CDS Hooks services: what they are, what a call brings, and how it is answered. Protocol: cds_hooks."""
