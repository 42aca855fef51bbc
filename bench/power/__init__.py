"""What a disk may hold after a loss of power: a log of what was done to a folder, and a disk that forgets."""
