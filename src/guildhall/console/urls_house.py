"""Addresses of the house pages: effects, audit, staff, settings and what belongs to them."""

from __future__ import annotations

from django.urls import path

from guildhall.console import (
    house_approvals,
    house_audit,
    house_compliance,
    house_effects,
    house_lists,
    house_policies,
    house_quarantine,
    house_reach,
    house_rules,
    house_settings,
    house_staff,
    house_versions,
    telegram_bots,
    telegram_chats,
)

urlpatterns = [
    path("policies/", house_policies.policy_list, name="policies"),
    path("policies/new/", house_policies.policy_new, name="policy-new"),
    path("policies/rules/", house_rules.rules_page, name="guard-rules"),
    path("policies/checks/<str:check_id>/", house_reach.reach_page, name="reach"),
    path("policies/checks/<str:check_id>/override/", house_reach.reach_override, name="reach-override"),
    path("policies/assign/", house_policies.policy_assign, name="policy-assign"),
    path("policies/<slug:slug>/", house_policies.policy_page, name="policy"),
    path("policies/<slug:slug>/draft/", house_policies.policy_draft, name="policy-draft"),
    path("policies/<slug:slug>/<int:number>/", house_versions.policy_version, name="policy-version"),
    path("policies/<slug:slug>/<int:number>/save/", house_versions.policy_save, name="policy-save"),
    path("policies/<slug:slug>/<int:number>/propose/", house_versions.policy_propose, name="policy-propose"),
    path("policies/<slug:slug>/<int:number>/discard/", house_versions.policy_discard, name="policy-discard"),
    path("policies/<slug:slug>/<int:number>/trial/", house_versions.policy_shadow, name="policy-shadow"),
    path(
        "policies/<slug:slug>/<int:number>/trial/stop/",
        house_versions.policy_shadow_stop,
        name="policy-shadow-stop",
    ),
    path("approvals/", house_approvals.approval_list, name="approvals"),
    path("approvals/<str:proposal_id>/", house_approvals.approval, name="approval"),
    path("approvals/<str:proposal_id>/approve/", house_approvals.approval_approve, name="approval-approve"),
    path("approvals/<str:proposal_id>/reject/", house_approvals.approval_reject, name="approval-reject"),
    path(
        "approvals/<str:proposal_id>/withdraw/", house_approvals.approval_withdraw, name="approval-withdraw"
    ),
    path("effects/", house_effects.effects, name="effects"),
    path("effects/schedules/", house_effects.schedules, name="schedules"),
    path("effects/<int:effect_id>/", house_effects.effect, name="effect"),
    path("effects/<int:effect_id>/retry/", house_effects.effect_retry, name="effect-retry"),
    path("effects/<int:effect_id>/give-up/", house_effects.effect_give_up, name="effect-give-up"),
    path("effects/<int:effect_id>/settle/", house_effects.effect_settle, name="effect-settle"),
    path("audit/", house_audit.audit, name="audit"),
    path("audit/verify/", house_audit.audit_verify, name="audit-verify"),
    path("audit/seals/", house_audit.seals, name="audit-seals"),
    path("staff/", house_staff.staff_list, name="staff"),
    path("staff/new/", house_staff.staff_new, name="staff-new"),
    path("staff/teams/", house_staff.teams, name="teams"),
    path("staff/teams/new/", house_staff.team_new, name="team-new"),
    path("staff/<int:staff_id>/", house_staff.staff_member, name="staff-member"),
    path("staff/<int:staff_id>/roles/", house_staff.staff_roles, name="staff-roles"),
    path("staff/<int:staff_id>/teams/", house_staff.staff_teams, name="staff-teams"),
    path("staff/<int:staff_id>/link/", house_staff.staff_link, name="staff-link"),
    path("staff/<int:staff_id>/sessions/end/", house_staff.staff_sessions_end, name="staff-sessions-end"),
    path("staff/<int:staff_id>/factor/reset/", house_staff.staff_factor_reset, name="staff-factor-reset"),
    path("staff/<int:staff_id>/deactivate/", house_staff.staff_deactivate, name="staff-deactivate"),
    path("staff/<int:staff_id>/reactivate/", house_staff.staff_reactivate, name="staff-reactivate"),
    path("settings/", house_settings.overview, name="settings"),
    path("settings/tokens/", house_settings.tokens, name="tokens"),
    path("settings/tokens/new/", house_settings.token_new, name="token-new"),
    path("settings/tokens/<str:token_id>/revoke/", house_settings.token_revoke, name="token-revoke"),
    path("settings/webhooks/", house_settings.webhooks_page, name="webhooks"),
    path("settings/webhooks/new/", house_settings.webhook_new, name="webhook-new"),
    path("settings/webhooks/<str:endpoint_id>/switch/", house_settings.webhook_switch, name="webhook-switch"),
    path("settings/webhooks/<str:endpoint_id>/remove/", house_settings.webhook_remove, name="webhook-remove"),
    path("settings/telegram/", telegram_bots.telegram, name="telegram"),
    path("settings/telegram/new/", telegram_bots.bot_new, name="telegram-new"),
    path("settings/telegram/chats/<str:space_id>/", telegram_chats.chat_page, name="telegram-chat"),
    path("settings/telegram/chats/<str:space_id>/live/", telegram_chats.chat_live, name="telegram-chat-live"),
    path(
        "settings/telegram/chats/<str:space_id>/check/", telegram_chats.chat_check, name="telegram-chat-check"
    ),
    path("settings/telegram/chats/<str:space_id>/save/", telegram_chats.chat_save, name="telegram-chat-save"),
    path(
        "settings/telegram/chats/<str:space_id>/moderate/",
        telegram_chats.chat_moderate,
        name="telegram-chat-moderate",
    ),
    path("settings/telegram/chats/<str:space_id>/test/", telegram_chats.chat_test, name="telegram-chat-test"),
    path("settings/telegram/<str:bot_id>/", telegram_bots.bot_page, name="telegram-bot"),
    path("settings/telegram/<str:bot_id>/live/", telegram_bots.bot_live, name="telegram-bot-live"),
    path("settings/telegram/<str:bot_id>/check/", telegram_bots.bot_check, name="telegram-bot-check"),
    path(
        "settings/telegram/<str:bot_id>/commands/", telegram_bots.bot_commands, name="telegram-bot-commands"
    ),
    path("settings/telegram/<str:bot_id>/pause/", telegram_bots.bot_pause, name="telegram-bot-pause"),
    path("settings/telegram/<str:bot_id>/resume/", telegram_bots.bot_resume, name="telegram-bot-resume"),
    path("settings/telegram/<str:bot_id>/token/", telegram_bots.bot_token, name="telegram-bot-token"),
    path("settings/telegram/<str:bot_id>/remove/", telegram_bots.bot_remove, name="telegram-bot-remove"),
    path("settings/lists/", house_lists.lists, name="lists"),
    path("settings/lists/domains/add/", house_lists.domains_add, name="domains-add"),
    path("settings/lists/domains/remove/", house_lists.domain_remove, name="domain-remove"),
    path("settings/lists/names/add/", house_lists.name_add, name="name-add"),
    path("settings/lists/names/<int:name_id>/remove/", house_lists.name_remove, name="name-remove"),
    path("settings/quarantine/", house_quarantine.quarantine, name="quarantine"),
    path("settings/quarantine/<str:entry_id>/", house_quarantine.quarantined, name="quarantined"),
    path(
        "settings/quarantine/<str:entry_id>/release/",
        house_quarantine.quarantine_release,
        name="quarantine-release",
    ),
    path(
        "settings/quarantine/<str:entry_id>/discard/",
        house_quarantine.quarantine_discard,
        name="quarantine-discard",
    ),
    path("settings/secrets/", house_settings.keys, name="keys"),
    path("settings/secrets/rotate/", house_settings.keys_rotate, name="keys-rotate"),
    path("settings/compliance/", house_compliance.compliance, name="compliance"),
    path(
        "settings/compliance/exception/", house_compliance.compliance_exception, name="compliance-exception"
    ),
    path(
        "settings/compliance/exception/<str:override_id>/revoke/",
        house_compliance.compliance_revoke,
        name="compliance-revoke",
    ),
    path(
        "settings/compliance/rules/<str:rule_id>/", house_compliance.compliance_rule, name="compliance-rule"
    ),
    path(
        "settings/compliance/rules/<str:rule_id>/confirm/",
        house_compliance.compliance_confirm,
        name="compliance-confirm",
    ),
]
