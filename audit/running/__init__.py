"""What is there: read-only looks at AWS, every failed look a Gap."""
