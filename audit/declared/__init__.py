"""What is wanted: the infrastructure-live repository, evaluated; every value with the place of its literal."""
