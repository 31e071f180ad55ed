# One run's reserve, for `asking` and `tiers`: nothing here is called from Python.
