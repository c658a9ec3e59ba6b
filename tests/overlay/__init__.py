"""An HTTP proxy before moto that does what moto leaves out, injects faults and counts calls."""
