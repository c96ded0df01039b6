"""The downstream benchmark on a frozen dataset version: asked for, shared among workers step by step, shown."""
