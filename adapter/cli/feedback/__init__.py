"""`ldt feedback`: what users did with the cards that were shown to them."""
