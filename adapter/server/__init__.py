"""The doors of the adapter: what listens, what is accepted, and what is answered."""
