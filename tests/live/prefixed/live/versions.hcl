locals {
  tags = {
    runner  = "v0.107.5-gwrc"
    kaniko  = "v0.38.10.1"
    scanner = format("v%s", 1.10)
  }
}
