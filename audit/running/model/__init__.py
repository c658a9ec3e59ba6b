"""The nouns of what is there, one module for each service or subject; times in UTC."""
