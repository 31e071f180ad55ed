# The choice of reserves, for `reserves`: nothing here is called from Python.
