"""`catalyst scan`: what model files and custom nodes hold, read and never run."""
