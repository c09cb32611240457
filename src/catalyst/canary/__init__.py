"""The canary: where ComfyUI is not to be had, a program that plays the hostile custom node and shows what stopped it.

It runs inside the sandbox, beside the guard, with the standard library alone. Nothing it tries does harm unconfined.
"""
