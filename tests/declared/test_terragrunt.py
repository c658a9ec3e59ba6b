"""Tests of audit.declared.terragrunt: includes, merges, read configurations and context functions, rule by rule."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pytest

from audit.declared.configurations import Reader
from audit.declared.evaluate import Unknown, Value, budget, member
from audit.declared.repository import Repository
from audit.declared.tree import WorkTree
from audit.errors import DeclarationError, EvaluationError, LimitError
from tests.declared.live import write

if TYPE_CHECKING:
    from pathlib import Path

    from audit.declared.terragrunt import Config

UNIT = "live/dev/eu-west-1/mgmt/runner"
FILE = f"{UNIT}/terragrunt.hcl"
UNSET = "<environment variable UNSET is known only where the command runs>"


def _config(root: Path, files: dict[str, str], environment: Mapping[str, str] | None = None) -> Config:
    reader = Reader(Repository(WorkTree(write(root, files)), ""), environment)
    return reader.start(FILE if FILE in files else f"{FILE}.json")


def plain(value: Value | None) -> Any:  # noqa: ANN401 -- any value of HCL, as Python has it
    """Give a value as plain Python; what is unknown is its reason in angle brackets."""
    raw = None if value is None else value.raw
    if isinstance(raw, Unknown):
        return f"<{raw.reason}>"
    if value is not None and isinstance(raw, Mapping):
        return {name: plain(member(value, name)) for name in raw}
    if value is not None and isinstance(raw, tuple):
        return [plain(member(value, at)) for at in range(len(raw))]
    return raw


def _local(config: Config, name: str = "x") -> Any:  # noqa: ANN401 -- see plain
    return plain(config.locals[name])


BASE = {
    "terragrunt.hcl": "",
    "live/common.hcl": 'locals {\n  tag = "far"\n}\n',
    "live/dev/common.hcl": 'locals {\n  tag = "near"\n  here = get_terragrunt_dir()\n}\n',
    "live/root.hcl": "",
    "live/_envcommon/runner.hcl": "",
    f"{UNIT}/notes.txt": "hello",
}
ROOT_INCLUDE = 'include "root" {\n  path = find_in_parent_folders("root.hcl")\n}\n'
ENV_INCLUDE = 'include "env" {\n  path = "../../../../_envcommon/runner.hcl"\n}\n'
BARE_INCLUDE = 'include {\n  path = find_in_parent_folders("root.hcl")\n}\n'


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ('find_in_parent_folders("common.hcl")', "/<repository>/live/dev/common.hcl"),
        ('find_in_parent_folders("root.hcl")', "/<repository>/live/root.hcl"),
        ("find_in_parent_folders()", "/<repository>/terragrunt.hcl"),
        ('find_in_parent_folders("_envcommon")', "/<repository>/live/_envcommon"),
        ('find_in_parent_folders("_envcommon/runner.hcl")', "/<repository>/live/_envcommon/runner.hcl"),
        ('find_in_parent_folders("gone.hcl", "fallback.hcl")', "fallback.hcl"),
        ('find_in_parent_folders("terragrunt.hcl", "")', "/<repository>/terragrunt.hcl"),
        ('find_in_parent_folders("notes.txt", "not beside, only above")', "not beside, only above"),
        ('find_in_parent_folders("../live/common.hcl")', "/<repository>/live/common.hcl"),
        ('find_in_parent_folders(get_env("NAME"))', "<environment variable NAME is known only where the command runs>"),
        ("get_terragrunt_dir()", f"/<repository>/{UNIT}"),
        ("get_original_terragrunt_dir()", f"/<repository>/{UNIT}"),
        ("get_parent_terragrunt_dir()", f"/<repository>/{UNIT}"),
        ("path_relative_to_include()", "."),
        ("path_relative_from_include()", "."),
        ("get_repo_root()", "/<repository>"),
        ("get_path_from_repo_root()", UNIT),
        ("get_path_to_repo_root()", "../../../../.."),
        ("get_platform()", "linux"),
        ('get_env("SET")', "from outside"),
        ('get_env("SET", "default")', "from outside"),
        ('get_env("UNSET", "default")', "default"),
        ('get_env("UNSET")', UNSET),
        ('run_cmd("touch", "/tmp/canary")', "<run_cmd would run a command, which is never done>"),
        ('sops_decrypt_file("x")', "<sops_decrypt_file needs a key, secrets are not decrypted>"),
        ("get_aws_account_id()", "<get_aws_account_id depends on the caller's credentials>"),
        ("get_terraform_commands_that_need_parallelism()", ["apply", "plan", "destroy"]),
        ("length(get_terraform_commands_that_need_vars())", 7),
        ("length(get_terraform_commands_that_need_locking())", 7),
        ("length(get_terraform_commands_that_need_input())", 5),
        ('file("notes.txt")', "hello"),
        ('file("${get_terragrunt_dir()}/notes.txt")', "hello"),
        ('fileexists("notes.txt")', True),
        ('fileexists("gone.txt")', False),
        ('fileset(".", "*")', "<fileset is not evaluated>"),
        ('mark_as_read("x")', "x"),
        ('try(file("gone.txt"), "none")', "none"),
        ('try(read_terragrunt_config("gone.hcl"), "none")', "none"),
        ('read_terragrunt_config("gone.hcl", { locals = { tag = "default" } }).locals.tag', "default"),
        ('read_terragrunt_config(find_in_parent_folders("common.hcl")).locals.tag', "near"),
        ('read_terragrunt_config(find_in_parent_folders("common.hcl")).locals.here', "/<repository>/live/dev"),
        ('read_terragrunt_config(find_in_parent_folders("common.hcl")).inputs', {}),
        ('read_terragrunt_config(find_in_parent_folders("common.hcl")).terraform.source', None),
        (
            'read_terragrunt_config(find_in_parent_folders("common.hcl")).remote_state.config.bucket',
            "<'remote_state' of a configuration is not evaluated>",
        ),
        ("read_terragrunt_config(get_repo_root()).locals", {}),
        (
            'read_terragrunt_config(get_env("UNSET")).locals',
            UNSET,
        ),
        ("values.tag", "<values come from a stack file, which is not audited>"),
        ("upper(basename(dirname(get_terragrunt_dir())))", "MGMT"),
    ],
)
def test_functions_of_a_unit(tmp_path: Path, expression: str, value: object) -> None:
    """Each context function says what Terragrunt says, with the repository's root in place of a machine's path."""
    config = _config(tmp_path, {**BASE, FILE: f"locals {{\n  x = {expression}\n}}\n"}, {"SET": "from outside"})
    assert _local(config) == value


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ('find_in_parent_folders("gone.hcl")', f"find_in_parent_folders finds no 'gone.hcl' above {UNIT}"),
        ('find_in_parent_folders("a", "b", "c")', "find_in_parent_folders takes 0 to 2 arguments, not 3"),
        ('read_terragrunt_config("gone.hcl")', f"read_terragrunt_config: no file {UNIT}/gone.hcl"),
        ('read_terragrunt_config("..")', "read_terragrunt_config: no file live/dev/eu-west-1/mgmt/terragrunt.hcl"),
        ('file("gone.txt")', f"file: no file {UNIT}/gone.txt"),
        ('file("a", "b")', "file takes 1 arguments, not 2"),
        ("file(null)", "an argument must be a string, not null"),
        ('file("/etc/passwd")', "'/etc/passwd' lies outside of the repository, not read"),
        ('file("~/.ssh/id_rsa")', "'~/.ssh/id_rsa' lies outside of the repository, not read"),
        (
            'file("../../../../../../etc/passwd")',
            "'../../../../../../etc/passwd' leads out of the repository, not read",
        ),
        ('fileexists("/etc/passwd")', "'/etc/passwd' lies outside of the repository, not read"),
        ('templatefile("notes.txt", "x")', "the second argument of templatefile must be an object"),
        ("dependency.vpc.outputs.id", "'dependency' cannot be used here"),
        ("include.root.locals.x", "'include' cannot be used in a file without include blocks"),
        ("unit.x", "there is no variable named 'unit'"),
        ("local.gone", "there is no attribute 'gone'"),
        ("local.x", f"cycle in locals of {FILE}: x → x"),
    ],
)
def test_what_terragrunt_refuses_is_an_error_at_its_place(tmp_path: Path, expression: str, message: str) -> None:
    """What has no value says why, in the file and line of the expression."""
    config = _config(tmp_path, {**BASE, FILE: f"locals {{\n  x = {expression}\n}}\n"})
    with pytest.raises(DeclarationError) as caught:
        _local(config)
    assert (caught.value.message, caught.value.file, caught.value.line) == (message, FILE, 2)


@pytest.mark.parametrize(
    ("template", "names", "value"),
    [
        ("a ${x}\n%{ for y in z ~}\n${y},\n%{ endfor ~}\n", '{ x = 1, z = ["b", "c"] }', "a 1\nb,\nc,\n"),
        ("${x}", '{ x = get_env("UNSET") }', UNSET),
        ("x", 'get_env("UNSET")', UNSET),
        ('${file("notes.txt")}', "{}", "hello"),
    ],
)
def test_templatefile(tmp_path: Path, template: str, names: str, value: str) -> None:
    """A template sees the names that it was given and nothing else."""
    unit = f'locals {{\n  x = templatefile("t.tpl", {names})\n}}\n'
    assert _local(_config(tmp_path, {**BASE, FILE: unit, f"{UNIT}/t.tpl": template})) == value


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("${y}", "the template is given no variable 'y'"),
        ('${templatefile("t.tpl", {})}', "a template cannot call templatefile"),
    ],
)
def test_templatefile_refuses(tmp_path: Path, template: str, message: str) -> None:
    """A name that was not given and a template in a template are errors in the template."""
    unit = 'locals {\n  x = templatefile("t.tpl", {})\n}\n'
    config = _config(tmp_path, {**BASE, FILE: unit, f"{UNIT}/t.tpl": template})
    with pytest.raises(EvaluationError, match=message) as caught:
        _local(config)
    assert caught.value.file == f"{UNIT}/t.tpl"


INSIDE = """\
locals {
  here     = get_terragrunt_dir()
  parent   = get_parent_terragrunt_dir()
  to       = path_relative_to_include()
  from     = path_relative_from_include()
  original = get_original_terragrunt_dir()
  common   = read_terragrunt_config(find_in_parent_folders("common.hcl")).locals.tag
  read     = read_terragrunt_config("local.hcl").locals.y
  text     = file("beside.txt")
}
"""


def test_included_file_takes_the_unit_as_its_place(tmp_path: Path) -> None:
    """Paths start from the unit, except for ``file``, which starts from the file that holds it."""
    files = {
        **BASE,
        FILE: ENV_INCLUDE,
        "live/_envcommon/runner.hcl": INSIDE,
        "live/_envcommon/beside.txt": "beside",
        f"{UNIT}/local.hcl": "locals {\n  y = get_original_terragrunt_dir()\n}\n",
    }
    included = _config(tmp_path, files).includes[0].config
    assert included is not None
    assert {name: _local(included, name) for name in included.locals} == {
        "here": f"/<repository>/{UNIT}",
        "parent": "/<repository>/live/_envcommon",
        "to": "../dev/eu-west-1/mgmt/runner",
        "from": "../../../../_envcommon",
        "original": f"/<repository>/{UNIT}",
        "common": "near",
        "read": f"/<repository>/{UNIT}",
        "text": "beside",
    }


@pytest.mark.parametrize(
    ("includes", "expression", "value"),
    [
        (ROOT_INCLUDE, "get_parent_terragrunt_dir()", "/<repository>/live"),
        (ROOT_INCLUDE, "path_relative_to_include()", "dev/eu-west-1/mgmt/runner"),
        (ROOT_INCLUDE, "path_relative_from_include()", "../../../.."),
        (ROOT_INCLUDE + ENV_INCLUDE, 'path_relative_to_include("root")', "dev/eu-west-1/mgmt/runner"),
        (ROOT_INCLUDE + ENV_INCLUDE, 'get_parent_terragrunt_dir("env")', "/<repository>/live/_envcommon"),
        (BARE_INCLUDE + ENV_INCLUDE, "get_parent_terragrunt_dir()", "/<repository>/live"),
    ],
)
def test_include_functions_of_a_unit(tmp_path: Path, includes: str, expression: str, value: str) -> None:
    """With one include it is meant, with several the label or the bare one says which."""
    config = _config(tmp_path, {**BASE, FILE: f"{includes}locals {{\n  x = {expression}\n}}\n"})
    assert _local(config) == value


@pytest.mark.parametrize(
    ("argument", "message"), [("", "with several includes, name the label"), ('"x"', "there is no include 'x'")]
)
def test_include_functions_need_a_label(tmp_path: Path, argument: str, message: str) -> None:
    """Without a label, or with one that no include has, Terragrunt refuses."""
    unit = f"{ROOT_INCLUDE}{ENV_INCLUDE}locals {{\n  x = get_parent_terragrunt_dir({argument})\n}}\n"
    with pytest.raises(EvaluationError, match=message):
        _local(_config(tmp_path, {**BASE, FILE: unit}))


PARENT = """\
terraform {
  source = "parent"
}

locals {
  secret = "parent"
}

inputs = {
  name = "parent"
  null = "parent"
  only = "parent"
  map  = { a = "parent", b = { c = "parent", d = "parent" }, e = "parent" }
  list = ["parent"]
  kind = { a = 1 }
}
"""
CHILD = """\
inputs = {
  name = "child"
  null = null
  map  = { a = "child", b = { c = "" }, e = null }
  list = ["child"]
  kind = ["other"]
}
"""


@pytest.mark.parametrize(
    ("strategy", "inputs"),
    [
        (
            "no_merge",
            {
                "name": "child",
                "null": None,
                "map": {"a": "child", "b": {"c": ""}, "e": None},
                "list": ["child"],
                "kind": ["other"],
            },
        ),
        (
            "shallow",
            {
                "name": "child",
                "null": None,
                "only": "parent",
                "map": {"a": "child", "b": {"c": ""}, "e": None},
                "list": ["child"],
                "kind": ["other"],
            },
        ),
        (
            "deep",
            {
                "name": "child",
                "null": None,
                "only": "parent",
                "map": {"a": "child", "b": {"c": "", "d": "parent"}, "e": None},
                "list": ["parent", "child"],
                "kind": ["other"],
            },
        ),
    ],
)
def test_merge_strategies(tmp_path: Path, strategy: str, inputs: dict[str, object]) -> None:
    """Each strategy merges inputs in its own way; null of the child wins in both, locals never merge."""
    include = ROOT_INCLUDE.replace("}", f'  merge_strategy = "{strategy}"\n}}')
    config = _config(tmp_path, {**BASE, FILE: include + CHILD, "live/root.hcl": PARENT})
    assert plain(config.inputs) == inputs
    assert plain(config.source) == (None if strategy == "no_merge" else "parent")
    assert "secret" not in config.locals


def test_unit_wins_over_the_last_include_over_the_first(tmp_path: Path) -> None:
    """Of several includes the later one counts more, and the unit most."""
    files = {
        **BASE,
        FILE: ROOT_INCLUDE + ENV_INCLUDE + "inputs = {\n  a = 1\n}\n",
        "live/root.hcl": 'terraform {\n  source = "root"\n}\ninputs = {\n  a = 3\n  b = 3\n  c = 3\n}\n',
        "live/_envcommon/runner.hcl": 'terraform {\n  source = "env"\n}\ninputs = {\n  a = 2\n  b = 2\n}\n',
    }
    config = _config(tmp_path, files)
    assert plain(config.inputs) == {"a": 1, "b": 2, "c": 3}
    assert plain(config.source) == "env"


def test_unit_without_inputs_has_those_of_its_include(tmp_path: Path) -> None:
    """What only the include says counts; without any there are none."""
    files = {**BASE, FILE: ROOT_INCLUDE + ENV_INCLUDE, "live/root.hcl": "inputs = {\n  a = 1\n}\n"}
    assert plain(_config(tmp_path, files).inputs) == {"a": 1}
    assert _config(tmp_path, {**files, "live/root.hcl": ""}).inputs is None


@pytest.mark.parametrize(
    ("include", "expression", "value"),
    [
        (ROOT_INCLUDE.replace("}", "  expose = true\n}"), "include.root.locals.secret", "parent"),
        (ROOT_INCLUDE.replace("}", "  expose = true\n}"), "include.root.inputs.map.b.c", "parent"),
        (BARE_INCLUDE.replace("}", "  expose = true\n}"), "include.locals.secret", "parent"),
        (BARE_INCLUDE.replace("}", "  expose = true\n}"), "include.terraform.source", "parent"),
    ],
)
def test_exposed_includes_are_seen(tmp_path: Path, include: str, expression: str, value: str) -> None:
    """With ``expose`` an include is a variable: by its label, or itself if it is the only one and has none."""
    unit = f"{include}locals {{\n  x = {expression}\n}}\n"
    assert _local(_config(tmp_path, {**BASE, FILE: unit, "live/root.hcl": PARENT})) == value


def test_include_that_is_not_exposed_is_an_error(tmp_path: Path) -> None:
    """Without ``expose`` there is no variable, and the mend is said."""
    unit = f"{ROOT_INCLUDE}locals {{\n  x = include.root.locals.secret\n}}\n"
    with pytest.raises(EvaluationError, match="include 'root' is not exposed: add expose = true"):
        _local(_config(tmp_path, {**BASE, FILE: unit, "live/root.hcl": PARENT}))


@pytest.mark.parametrize(
    ("block", "fault"),
    [
        ('include "x" {\n}\n', "the include has no path"),
        ('include "x" {\n  path = "a.hcl"\n  merge_strategy = "odd"\n}\n', "merge_strategy 'odd' is none of"),
        ('include "x" {\n  path = local.a\n}\n', "'local' cannot be used here"),
        ('include "x" {\n  path = "gone.hcl"\n}\n', f"include 'x': {UNIT}/gone.hcl: no such file"),
        ('include "x" {\n  path = "/etc/passwd"\n}\n', "'/etc/passwd' lies outside of the repository"),
        ('include "x" {\n  path = get_env("A")\n}\n', "environment variable A is known only where the command runs"),
    ],
)
def test_fault_of_an_include_leaves_its_share_unknown(tmp_path: Path, block: str, fault: str) -> None:
    """What an include would have said is unknown; what the unit says counts all the same."""
    unit = f"{block}inputs = {{\n  a = 1\n}}\n"
    config = _config(tmp_path, {**BASE, FILE: unit})
    inputs = config.inputs
    assert inputs is not None
    assert plain(member(inputs, "a")) == 1
    assert fault in plain(member(inputs, "b"))
    assert fault in plain(config.source)


@pytest.mark.parametrize("path", ['"gone.hcl"', '"broken.hcl"'])
def test_broken_include_cannot_be_seen(tmp_path: Path, path: str) -> None:
    """Who looks into an include that could not be read gets its fault."""
    unit = f'include "x" {{\n  path = {path}\n}}\nlocals {{\n  x = include.x.locals\n}}\n'
    config = _config(tmp_path, {**BASE, FILE: unit, f"{UNIT}/broken.hcl": "locals {"})
    with pytest.raises(DeclarationError, match=r"gone\.hcl: no such file|never closed"):
        _local(config)


def test_include_of_an_unknown_path_is_unknown(tmp_path: Path) -> None:
    """Where the path of an include is not known, neither is what it holds."""
    unit = 'include "x" {\n  path = get_env("UNSET")\n}\nlocals {\n  x = include.x.locals\n}\n'
    assert _local(_config(tmp_path, {**BASE, FILE: unit})) == UNSET


DEPENDENCIES = """\
dependency "vpc" {
  config_path  = "../vpc"
  mock_outputs = { id = "mock" }
}

dependency "off" {
  config_path  = "../off"
  enabled      = false
  mock_outputs = { id = "mock" }
}

dependency "empty" {
  config_path = "../empty"
  enabled     = false
}

inputs = {
  vpc   = dependency.vpc.outputs.id
  off   = dependency.off.outputs.id
  empty = dependency.empty.outputs
  list  = dependency.vpc.inputs.list[0]
}
"""


@pytest.mark.parametrize("where", ["unit", "include"])
def test_outputs_of_dependencies_are_unknown_and_mocks_stand_in_for_none(tmp_path: Path, where: str) -> None:
    """Only a dependency that is off gives its mocks; those of an include belong to the unit too."""
    own = DEPENDENCIES if where == "unit" else DEPENDENCIES.partition("inputs")[0]
    unit = own if where == "unit" else ROOT_INCLUDE + "inputs" + DEPENDENCIES.partition("inputs")[2]
    config = _config(tmp_path, {**BASE, FILE: unit, "live/root.hcl": "" if where == "unit" else own})
    assert plain(config.inputs) == {
        "vpc": "<an output of dependency 'vpc' is known only once that is applied>",
        "off": "mock",
        "empty": None,
        "list": "<inputs of dependency 'vpc' are not evaluated>",
    }


def test_feature_has_its_default(tmp_path: Path) -> None:
    """Nothing on a command line says otherwise, so the default of a feature counts."""
    unit = (
        'feature "f" {\n  default = "on"\n}\nfeature "g" {\n}\nlocals {\n  x = [feature.f.value, feature.g.value]\n}\n'
    )
    assert _local(_config(tmp_path, {**BASE, FILE: unit})) == ["on", None]


def test_read_configuration_is_shared_unless_it_depends_on_the_unit(tmp_path: Path) -> None:
    """What asks for the original directory is read again for each unit, and so is what read it."""
    files = {
        "shared.hcl": 'locals {\n  a = "a"\n}\n',
        "bound.hcl": "locals {\n  dir = get_original_terragrunt_dir()\n}\n",
        "over.hcl": 'locals {\n  bound = read_terragrunt_config("bound.hcl")\n  dir = local.bound.locals.dir\n}\n',
    }
    reads = [f'{name} = read_terragrunt_config("../{name}.hcl")' for name in ("shared", "over")]
    unit = "locals {\n" + "\n".join(reads) + "\n  dir = local.over.locals.dir\n}\n"
    units = {f"{name}/terragrunt.hcl": unit for name in ("a", "b", "c")}
    reader = Reader(Repository(WorkTree(write(tmp_path, files | units)), ""))
    found = [reader.start(path) for path in units]
    assert [_local(reader.start(path), "dir") for path in units] == [
        "/<repository>/a",
        "/<repository>/b",
        "/<repository>/c",
    ]
    assert found[0].locals["shared"].raw is found[1].locals["shared"].raw


def test_chain_of_locals_beyond_any_use_is_a_limit_and_no_crash(tmp_path: Path) -> None:
    """A thousand locals that each need the next end in one error, quickly."""
    chain = "".join(f"  a{at} = local.a{at + 1}\n" for at in range(1000))
    config = _config(tmp_path, {**BASE, FILE: f'locals {{\n{chain}  a1000 = "v1"\n}}\n'})
    with budget(), pytest.raises(LimitError, match="nested deeper than can be evaluated"):
        _local(config, "a0")


def test_lists_that_double_end_at_the_budget(tmp_path: Path) -> None:
    """Functions that copy their arguments are charged for them."""
    doubling = "".join(f"  a{at} = concat(local.a{at - 1}, local.a{at - 1})\n" for at in range(1, 40))
    config = _config(tmp_path, {**BASE, FILE: f'locals {{\n  a0 = ["a", "b"]\n{doubling}}}\n'})
    with budget(), pytest.raises(LimitError, match="more steps"):
        _local(config, "a39")


def test_configuration_in_json(tmp_path: Path) -> None:
    """``terragrunt.hcl.json`` says the same in JSON, and comes first where both stand."""
    text = """{
  "//": "a comment",
  "include": {"root": {"path": "${find_in_parent_folders(\\"root.hcl\\")}", "expose": true}},
  "locals": {"a": ["${include.root.locals.secret}", null, true, -1.5e1, "x\\u00e9"]},
  "inputs": {"tag": "v1"}
}"""
    config = _config(tmp_path, {**BASE, f"{FILE}.json": text, "live/root.hcl": PARENT})
    assert _local(config, "a") == ["parent", None, True, -15, "xé"]
    tag = config.inputs and member(config.inputs, "tag")
    assert tag
    assert (str(tag.origin), tag.origin and tag.origin.column) == (f"{FILE}.json:5", 21)
