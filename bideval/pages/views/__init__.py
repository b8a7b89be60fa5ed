"""What pages show: frozen values made from a session's fold; templates decide nothing."""
