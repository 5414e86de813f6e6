"""The vector runner: nothing but the standard library, Python 3.9 or newer, vendorable."""
