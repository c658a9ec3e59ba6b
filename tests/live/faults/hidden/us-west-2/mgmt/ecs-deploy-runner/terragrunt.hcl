terraform {
  source = get_env("MODULE")
}
