terraform {
  source = "${get_env("MODULES")}//modules/mgmt/ecs-deploy-runner"
}
