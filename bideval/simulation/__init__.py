"""A province in one process: virtual clock, disks and wires; one seed replays exactly."""
