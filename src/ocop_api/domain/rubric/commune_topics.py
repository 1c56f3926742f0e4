"""Which criteria the four topics of the commune speak of (Decision 26/2026, Art. 7.2a; Form 03).

The editions mark the criteria that a commune assesses; the marks are shorter than the names of the topics in
Form 03 and are joined to them here. Tourism services (set 26) have no criterion of raw material, nor one of
local identity: what the commune found there stands for the file as a whole.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from ocop_api.domain.regimes import CommuneTopic
from ocop_api.domain.rubric.criteria import CriteriaSet

MARKS: Final[Mapping[CommuneTopic, str]] = MappingProxyType(
    {
        CommuneTopic.ORIGIN_AND_LOCAL_MATERIAL: "local_material",
        CommuneTopic.LOCAL_LABOUR: "local_labour",
        CommuneTopic.ORIGIN_OF_IDEA: "idea_origin",
        CommuneTopic.LOCAL_IDENTITY_AND_KNOWLEDGE: "local_identity",
    }
)
"""The mark (``Criterion.commune_topic``) that the editions give the criteria of each topic."""


def criteria_of_topics(criteria_set: CriteriaSet) -> dict[CommuneTopic, tuple[str, ...]]:
    """Return the codes of the criteria under each topic, in the order of the set; empty for none."""
    return {
        topic: tuple(code for code, one in criteria_set.criteria.items() if one.commune_topic == mark)
        for topic, mark in MARKS.items()
    }
