"""Sign-in, accounts and tokens over REST."""
