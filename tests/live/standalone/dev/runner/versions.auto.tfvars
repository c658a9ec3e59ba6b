deploy_runner_tag = "v0.52.0"
