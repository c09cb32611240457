"""The way out: what the workload may connect to, decided and dialled outside of it."""
