"""Catalyst runs ComfyUI so that the code nobody checked cannot hurt the machine, the network or the owner's secrets.

This file is also mounted inside the sandbox with the guard, so it imports nothing.
"""

__version__ = "0.1.0"
