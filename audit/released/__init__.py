"""What is newest: releases from GitHub, a file, or the bundled list, always with the list's date."""
