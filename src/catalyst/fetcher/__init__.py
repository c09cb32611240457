"""What runs in the sandbox of `catalyst fetch`: asks the two sites what there is, and downloads into a staging folder.

Standard library only. It parses what servers say, so nothing it says is believed outside: names are made harmless, hashes
are computed again, and placing a file is not its business.
"""
