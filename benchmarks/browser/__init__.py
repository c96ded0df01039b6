"""The review pages in a real Chromium on a real server: what a person waits for, and whether pixels hold."""
