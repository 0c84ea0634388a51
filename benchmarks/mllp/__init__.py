"""Durable MLLP round trips a second, ours beside other receivers; servers and client in processes of their own."""
