"""What a repository starts with: its policy file, its waivers file and a nightly workflow, from the templates here."""
