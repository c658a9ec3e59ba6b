"""The sections of the configuration file: what is no option, each with its keys and what they mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True, slots=True)
class Section:
    """A part of the file that is no option: the Settings field, and whether the audited repository may set it.

    ``shape`` writes its head as in the file; ``keys`` says what each of its keys means. Where the keys are names
    (``of_names``), each has one value, or a table with these keys.
    """

    name: str
    help: str
    shape: str
    keys: Mapping[str, str] = field(default_factory=dict)
    of_names: str | None = None
    policy: bool = False


SECTIONS: Mapping[str, Section] = {
    section.name: section
    for section in (
        Section(
            name="policy",
            policy=True,
            shape="[policy]",
            help="which tags may be declared, and how far behind; without any limit every tag that is behind is a "
            "finding",
            keys={
                "max_releases_behind": "how many releases a tag may be behind the newest",
                "max_touching_behind": "the same, counting only releases that touch the runner",
                "max_days_behind": "how many days a tag may be behind the newest",
                "allowed": "which tags may be declared, by the rules of PEP 440, e.g. '>=0.52,<1.2'",
                "ignore": "releases that don't count as newer",
                "min_age_days": "releases younger than this don't count as newer",
                "known_bad": "tags that nobody should run",
            },
        ),
        Section(
            name="limits",
            policy=True,
            shape="[limits]",
            help="from where on a check speaks up",
            keys={
                "task_hours": "how long a task may run, in hours",
                "snapshot_hours": "how old a snapshot may be, in hours",
                "expiry_days": "how many days before ECR expires an image in use",
                "critical_vulnerabilities": "how many critical vulnerabilities a running image may have",
            },
        ),
        Section(
            name="severities",
            policy=True,
            shape="[severities]",
            help="another severity for a check",
            of_names="the check's id",
        ),
        Section(
            name="disabled",
            policy=True,
            shape="[disabled]",
            help="checks that are left out, each with the reason, which every report shows",
            of_names="the check's id",
        ),
        Section(
            name="accounts",
            shape="[accounts.NAME]",
            help="what is otherwise for one account; an empty text takes away what is said for all",
            of_names="the account's name or id",
            keys={
                "id": "its 12-digit id, where no accounts file has it",
                "regions": "its regions; a single one is that of units whose region can't be read",
                "profile": "AWS profile for it",
                "role_arn": "role to assume in it",
                "external_id": "external id that its role asks for",
                "via": "roles to assume first, on the way to its own",
            },
        ),
        Section(
            name="root",
            shape="[[root]]",
            help="a plain Terraform root; one table for each",
            keys={
                "path": "its folder, relative to the audited one",
                "account": "its account: a name of an accounts file, or a 12-digit id",
                "region": "its region",
                "var_files": "files of variables, relative to its folder",
            },
        ),
        Section(
            name="reading",
            shape="[reading]",
            help="how much HCL is read in one file; a file at all three limits takes seconds and some 100 MB",
            keys={
                "size": "bytes",
                "depth": "nesting of brackets and templates; can be lowered only",
                "tokens": "tokens of code",
            },
        ),
    )
}
