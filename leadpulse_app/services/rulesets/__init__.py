"""The rules a project scores by: versions, of which one is in force, and a draft."""

from leadpulse_app.services.rulesets.drafts import (
    Draft,
    discard_draft,
    edit_draft,
    get_draft,
    rebase_draft,
    replace_draft,
)
from leadpulse_app.services.rulesets.publishing import (
    FROM_NOW_ON,
    Terms,
    publish_draft,
    publish_edit,
    roll_back,
)
from leadpulse_app.services.rulesets.simulation import (
    example_inputs,
    read_lead_inputs,
    tried_ruleset,
)
from leadpulse_app.services.rulesets.testing import run_rule_tests
from leadpulse_app.services.rulesets.versions import (
    FIRST_VERSION,
    MAXIMUM_VERSIONS,
    ActiveRuleset,
    PublishedVersion,
    VersionPage,
    active_ruleset,
    add_ruleset_version,
    default_rules,
    get_version,
    list_versions,
)

__all__ = [
    "FIRST_VERSION",
    "FROM_NOW_ON",
    "MAXIMUM_VERSIONS",
    "ActiveRuleset",
    "Draft",
    "PublishedVersion",
    "Terms",
    "VersionPage",
    "active_ruleset",
    "add_ruleset_version",
    "default_rules",
    "discard_draft",
    "edit_draft",
    "example_inputs",
    "get_draft",
    "get_version",
    "list_versions",
    "publish_draft",
    "publish_edit",
    "read_lead_inputs",
    "rebase_draft",
    "replace_draft",
    "roll_back",
    "run_rule_tests",
    "tried_ruleset",
]
