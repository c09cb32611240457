"""Readers: one kind of subject each, from text or from what an engine and the kernel say, to facts."""
