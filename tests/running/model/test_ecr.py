"""The nouns of ECR."""

from __future__ import annotations

import pytest

from audit.errors import UnreadError
from audit.model import Seen, need
from audit.running.model.ecr import Repository


@pytest.mark.parametrize("fact", ["settings", "lifecycle", "policy"])
def test_what_nobody_looked_at_is_unknown(fact: str) -> None:
    """A repository of an older snapshot has no lifecycle policy that would be absent: it is unknown."""
    old = Repository(registry_id="234567890123", region="us-west-2", name="kaniko", tags=Seen(value=None), calls=1)
    with pytest.raises(UnreadError, match="not looked at"):
        need(getattr(old, fact))
