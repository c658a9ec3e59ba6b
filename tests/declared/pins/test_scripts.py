"""Build scripts: what is built, from which ref, with which arguments and secrets, each at its literal."""

from __future__ import annotations

import pytest

from audit.declared.pins.scripts import script_pins

IMAGE_SCRIPT = """\
#!/usr/bin/env bash
# readonly DOCKERFILE_REPO_REF="v0.1.0"
readonly DOCKERFILE_REPO="https://someone:secret@git.example.com/acme/terraform-aws-ci.git"
readonly DOCKERFILE_REPO_REF="v0.52.1" # was "v0.51.8"
readonly CONTEXT="modules/ecs-deploy-runner/docker/kaniko"
readonly TERRAFORM_VERSION='1.5.7'
function run {
  >&2 echo "using --build-arg terraform_version=0.1" --build-arg terraform_version=0.2
  infrastructure-deployer -- docker-image-builder build-docker-image \\
    --repo "$DOCKERFILE_REPO" \\
    --env-secret 'github-token=GITHUB_OAUTH_TOKEN' \\
    --build-arg 'GITHUB_OAUTH_TOKEN' \\
    --build-arg "module_ci_tag=$DOCKERFILE_REPO_REF" \\
    --build-arg "terraform_version=$TERRAFORM_VERSION" \\
    --build-arg="terragrunt_version=v0.55.1" \\
    --build-arg "kubergrunt_version=$UNKNOWN" \\
    --build-arg NO_VALUE
}
"""

AMI_SCRIPT = """\
readonly PACKER_TEMPLATE_REPO="https://example.com/x.git//modules/mgmt/ecs-deploy-runner/ecs-deploy-runner-worker-al2.json"
readonly SERVICE_CATALOG_REF=v0.90.2
args=( --var service_catalog_ref="$SERVICE_CATALOG_REF" )
"""


def rows(text: str, file: str = "build.sh") -> list[tuple[str, str, str, int, int, str | None]]:
    """Give the pins of a script as rows."""
    return [
        (pin.kind, pin.name, pin.value, pin.origin.line, pin.origin.column, pin.subject)
        for pin in script_pins(text, file)
    ]


def test_image_script() -> None:
    """A build script's repository, ref, arguments and secret style, at their literals, and no decoy."""
    repository = "https://***@git.example.com/acme/terraform-aws-ci.git"
    assert rows(IMAGE_SCRIPT) == [
        ("build-repo", "DOCKERFILE_REPO", repository, 3, 26, "kaniko"),
        ("build-ref", "DOCKERFILE_REPO_REF", "v0.52.1", 4, 30, "kaniko"),
        ("build-secret", "env-secret", "github-token=GITHUB_OAUTH_TOKEN", 11, 18, "kaniko"),
        ("build-secret", "build-arg", "GITHUB_OAUTH_TOKEN", 12, 17, "kaniko"),
        ("build-arg", "module_ci_tag", "v0.52.1", 4, 30, "kaniko"),
        ("build-arg", "terraform_version", "1.5.7", 6, 28, "kaniko"),
        ("build-arg", "terragrunt_version", "v0.55.1", 15, 37, "kaniko"),
    ]


def test_ami_script() -> None:
    """An AMI's build script says the service catalog's ref and which AMI it is about."""
    assert rows(AMI_SCRIPT) == [
        ("service-catalog-ref", "SERVICE_CATALOG_REF", "v0.90.2", 2, 30, "ecs-deploy-runner-worker"),
    ]


@pytest.mark.parametrize(
    ("file", "text", "subject"),
    [
        pytest.param("a/build_kaniko_image.sh", "", "kaniko", id="name"),
        pytest.param("a/build_deploy_runner_image.sh", "", "deploy-runner", id="name with underscores"),
        pytest.param("kaniko/build.sh", "", None, id="directory"),
        pytest.param("build.sh", "a docker/kaniko\nb docker/deploy-runner\n", None, id="both"),
        pytest.param("build_kaniko.sh", "a x/docker/deploy-runner\n", "deploy-runner", id="path before name"),
    ],
)
def test_subject(file: str, text: str, subject: str | None) -> None:
    """The image is told by the context path, else by the script's name, else not at all."""
    assert rows(f"{text}DOCKERFILE_REPO_REF=v1.0", file)[-1][-1] == subject


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        pytest.param("--build-arg GITHUB_TOKEN=ghp_planted", [("build-arg", "GITHUB_TOKEN")], id="literal token"),
        pytest.param('--build-arg "GITHUB_TOKEN=$T"', [("build-arg", "GITHUB_TOKEN")], id="token of a variable"),
        pytest.param("--build-arg pat=ghp_planted", [("build-arg", "pat")], id="pat"),
        pytest.param("--env-secret github-token=ghp_planted-1", [("env-secret", "github-token")], id="literal secret"),
        pytest.param('--env-secret "x=$T"', [], id="unknown"),
        pytest.param("--env-secret=x=Y", [("env-secret", "x=Y")], id="equals"),
        pytest.param("--build-arg", [], id="nothing follows"),
        pytest.param('--build-arg ""', [], id="empty"),
    ],
)
def test_secrets_stay_out(options: str, expected: list[tuple[str, str]]) -> None:
    """How a secret is passed is told, what it is never."""
    assert [(row[1], row[2]) for row in rows(f"build {options}")] == expected


@pytest.mark.parametrize(
    ("text", "place"),
    [
        pytest.param('args=(\n --build-arg "a=v1" # x\n)', (2, 17), id="array"),
        pytest.param('readonly V="v1"\nx=$(run --build-arg "a=$V")', (1, 12), id="in a substitution"),
        pytest.param('x --build-arg "a=v${N:-1}"', (1, 18), id="of several pieces"),
    ],
)
def test_place_of_an_argument(text: str, place: tuple[int, int]) -> None:
    """An argument's origin is the literal that it came from, or where its value begins."""
    assert [row[1:5] for row in rows(text)] == [("a", "v1", *place)]


def test_crlf_and_mark() -> None:
    """A byte order mark and Windows line ends move nothing."""
    text = '\ufeffDOCKERFILE_REPO_REF="v1.0"\r\nMODULE_CI_VERSION=v2.0\r\n'
    assert [(row[2], row[3], row[4]) for row in rows(text)] == [("v2.0", 2, 19)]
