"""Catalyst inside a container that somebody else started: a bare `docker run`, a rented pod, two containers of compose."""
