"""Speed, measured beside peers in one run: read the ratios, machines are noisy."""
