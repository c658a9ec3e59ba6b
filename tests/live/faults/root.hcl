inputs = {
  name = "ecs-deploy-runner"
}
