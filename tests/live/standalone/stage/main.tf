module "pipeline" {
  source = "../modules/pipeline"
  tag    = "v0.52.1"
}
