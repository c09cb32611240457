"""What is to be fetched, where it goes, and what may go there. The downloading itself is catalyst.fetcher, in a sandbox."""
