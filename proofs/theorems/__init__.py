"""One module a theorem; `registry` lists them."""
