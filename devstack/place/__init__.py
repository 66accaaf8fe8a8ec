"""Where a run lives: its options, folder, ports, and the file that tells others about it."""
