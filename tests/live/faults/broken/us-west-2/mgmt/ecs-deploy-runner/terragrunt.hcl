include "runner" {
  path = "../../../../_envcommon/runner.hcl"
}

inputs = {
  name = "ecs-deploy-runner
}
