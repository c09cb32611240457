"""Other people's programs, where they are installed: run without network use and without their own settings, and believed
only as far as what they wrote can be read. A tool that is missing, refused or failed leaves its part not done."""
