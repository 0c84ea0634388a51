"""`ldt messages`: what was received, what became of it, and what somebody decides about it."""
