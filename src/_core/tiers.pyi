# Reserves where fees come in tiers, for `asking`: nothing here is called from Python.
