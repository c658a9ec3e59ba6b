"""Lets ``python -m audit`` stand for the command; prefer the command: ``-m`` puts the working directory on the path."""

import sys

from audit.cli import main

sys.exit(main())
