include "root" {
  path = find_in_parent_folders()
}

include "envcommon" {
  path   = "${dirname(find_in_parent_folders())}/_envcommon/mgmt/ecs-deploy-runner.hcl"
  expose = true
}

# The account that builds images.
inputs = {
  docker_image_builder_config = {
    container_image = {
      docker_image = include.envcommon.locals.common_vars.locals.kaniko_ecr_uri
      docker_tag   = include.envcommon.locals.common_vars.locals.kaniko_container_image_tag
    }
    iam_policy = {
      PushImages = { effect = "Allow", actions = ["ecr:*"], resources = ["*"] }
    }
  }

  ami_builder_config = {
    container_image = {
      docker_image = include.envcommon.locals.common_vars.locals.deploy_runner_ecr_uri
      docker_tag   = include.envcommon.locals.common_vars.locals.deploy_runner_container_image_tag
    }
  }
}
