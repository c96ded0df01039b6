"""People, sign-in and tokens as JSON; never a password, a digest or more of a person than is needed."""
