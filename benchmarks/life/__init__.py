"""How lists hold up while an index grows tenfold and loses half of its rows."""
