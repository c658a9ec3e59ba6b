unit "runner" {
  source = "git::git@github.com:example/units.git//runner?ref=v1"
  path   = "runner"
}
