"""Addresses of the pages about tasks, checklists, and WeChat groups that are worked by hand."""

from __future__ import annotations

from django.urls import path

from guildhall.console import assisted_chat as chat
from guildhall.console import assisted_groups as groups
from guildhall.console import checklists_page as lists
from guildhall.console import count_sheet, growth, task_page, tasks_page

urlpatterns = [
    path("tasks/", tasks_page.tasks, name="tasks"),
    path("tasks/closed/", tasks_page.past, name="tasks-past"),
    path("tasks/several/", tasks_page.tasks_several, name="tasks-several"),
    path("tasks/counts/", count_sheet.count_sheet, name="count-sheet"),
    path("tasks/checklists/", lists.checklists, name="checklists"),
    path("tasks/checklists/new/", lists.checklist_new, name="checklist-new"),
    path("tasks/checklists/<str:checklist_id>/", lists.checklist, name="checklist"),
    path("tasks/checklists/<str:checklist_id>/pause/", lists.checklist_pause, name="checklist-pause"),
    path("tasks/checklists/<str:checklist_id>/close/", lists.checklist_archive, name="checklist-archive"),
    path("tasks/proofs/<str:proof_id>/", task_page.proof_picture, name="proof"),
    path("tasks/proofs/<str:proof_id>/remove/", task_page.proof_remove, name="proof-remove"),
    path("tasks/<str:task_id>/", task_page.task, name="task"),
    path("tasks/<str:task_id>/done/", task_page.task_done, name="task-done"),
    path("tasks/<str:task_id>/skip/", task_page.task_skip, name="task-skip"),
    path("tasks/<str:task_id>/reopen/", task_page.task_reopen, name="task-reopen"),
    path("tasks/<str:task_id>/take/", task_page.task_take, name="task-take"),
    path("tasks/<str:task_id>/assign/", task_page.task_assign, name="task-assign"),
    path("tasks/<str:task_id>/proof/", task_page.task_proof, name="task-proof"),
    path("tasks/<str:task_id>/files/<str:file_id>/", task_page.task_file, name="task-file"),
    path("figures/groups/", growth.growth, name="growth"),
    path("figures/groups/export/", growth.growth_export, name="growth-export"),
    path("wechat/groups/", groups.group_list, name="wechat-groups"),
    path("wechat/groups/new/", groups.group_add, name="wechat-group-new"),
    path("wechat/groups/<slug:slug>/", groups.group_page, name="wechat-group"),
    path("wechat/groups/<slug:slug>/edit/", groups.group_edit, name="wechat-group-edit"),
    path("wechat/groups/<slug:slug>/count/", groups.group_count, name="wechat-group-count"),
    path("wechat/groups/<slug:slug>/chat/", chat.chat, name="wechat-chat"),
    path("wechat/groups/<slug:slug>/chat/read/", chat.chat_read, name="wechat-chat-read"),
    path("wechat/groups/<slug:slug>/chat/<str:import_id>/", chat.chat_import, name="wechat-chat-import"),
    path(
        "wechat/groups/<slug:slug>/chat/<str:import_id>/<slug:answer>/",
        chat.chat_decide,
        name="wechat-chat-decide",
    ),
    path("wechat/groups/<slug:slug>/archive/", groups.group_archive, name="wechat-group-archive"),
]
