"""What each deed of the audit means, and each fact that stands with it, in words. One line a verb.

Rooms name their deeds themselves; a test reads the source of every room and asks for words here.
"""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

DEEDS: dict[str, str | Promise] = {
    "compliance.rules_pinned": _("Compliance rules came into use"),
    "compliance.override_made": _("Compliance exception made"),
    "compliance.override_revoked": _("Compliance exception revoked"),
    "compliance.rule_confirmed": _("Compliance rule confirmed"),
    "effect.retry": _("Effect started over"),
    "effect.give_up": _("Effect given up"),
    "effect.it_happened": _("Uncertain effect: it happened"),
    "effect.it_did_not_happen": _("Uncertain effect: it did not happen"),
    "link.made": _("Sign-in link made"),
    "link.used": _("Sign-in link used"),
    "secret.deleted": _("Secret deleted"),
    "secret.put": _("Secret stored"),
    "secrets.rotated": _("Secret keys rotated"),
    "staff.created": _("Colleague added"),
    "staff.deactivated": _("Colleague deactivated"),
    "staff.profile_changed": _("Profile changed"),
    "staff.reactivated": _("Colleague let in again"),
    "staff.role_granted": _("Role granted"),
    "staff.role_revoked": _("Role taken away"),
    "staff.second_factor_reset": _("Second factor reset"),
    "staff.sessions_ended": _("Signed out everywhere"),
    "team.created": _("Team founded"),
    "team.joined": _("Joined a team"),
    "team.left": _("Left a team"),
    "token.made": _("API token made"),
    "token.revoked": _("API token revoked"),
}

FACTS: dict[str, str | Promise] = {
    "kind": _("kind"),
    "was": _("was"),
    "now": _("now"),
    "reason": _("reason"),
    "role": _("role"),
    "roles": _("roles"),
    "sessions": _("sign-ins"),
    "tokens": _("tokens"),
    "staff": _("colleague"),
    "lead": _("leads"),
    "scopes": _("scopes"),
    "purpose": _("purpose"),
    "link": _("link"),
    "language": _("language"),
    "zone": _("time zone"),
    "region": _("region"),
    "act": _("act"),
    "rule_id": _("rule"),
    "rule_version": _("rule version"),
    "review_by": _("review by"),
    "until": _("until"),
    "content_hash": _("hash of the text"),
    "key": _("key"),
    "moved": _("moved"),
    "forgotten": _("old keys forgotten"),
    "removed": _("removed"),
    "slug": _("short name"),
}
