"""How each engine is started here."""
