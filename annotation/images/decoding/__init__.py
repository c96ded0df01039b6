"""Pictures that people send are decoded by a process of few rights and little memory, never by our own."""
