deploy_runner_tag  = "v0.57.3"
vpc_id             = "vpc-0a1b2c3d4e5f67890"
private_subnet_ids = ["subnet-0a1b2c3d4e5f67890"]
