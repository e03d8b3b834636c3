"""How long the tests wait: for what happens, however slow or busy the machine is, and not for ever."""

# Seconds for one command, server or answer. No test passes or fails by how long something takes: this ends what hangs.
PATIENCE = 600
