"""Mail servers of the world, as Debian ships them, at the other end of what we send."""
