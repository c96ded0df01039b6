"""The paper's size: 33,920 films in a project that is being worked, built once, measured beside one of 1,000."""
