# Loops along a ladder of values, for other kernels: nothing here is called from Python.
