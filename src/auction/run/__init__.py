"""The run folder: written aside, durably and whole, with a manifest that vouches for it."""
