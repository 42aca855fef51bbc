"""What a mail is: frozen values and pure functions, no clock, no chance, no socket."""
