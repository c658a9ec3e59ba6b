aws_account_id    = "345678901234"
deploy_runner_tag = "v0.51.0"
