# Bids taken below a reserve, for `reserves`: nothing here is called from Python.
