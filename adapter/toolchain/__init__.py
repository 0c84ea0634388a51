"""What compares rules and messages with advice: worked cases, and the guard that asks whether they would notice a
wrong rule.

It reads cases and rule sets; it knows neither wires nor pages.
"""
