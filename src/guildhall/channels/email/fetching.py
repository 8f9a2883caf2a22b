"""Fetches what came along with a letter out of the folder it lies in. Nothing is kept of what was not asked
for.
"""

from __future__ import annotations

from guildhall.channels.email import mailboxes
from guildhall.channels.email.folder import Folder
from guildhall.channels.email.models import Mailbox
from guildhall.core.errors import Permanent
from guildhall.core.text import Text


def fetch(mailbox: Mailbox, ref: str, most: int) -> bytes:
    """The bytes of a part named `<validity>:<uid>:<number>`. Raises Temporary, Permanent."""
    validity, uid, number = [*ref.split(":"), "", ""][:3]
    if not (validity.isdigit() and uid.isdigit() and number.replace(".", "").isdigit()):
        raise Permanent(Text("It cannot be fetched any more.", "该附件已无法获取。"))
    folder = Folder(mailboxes.server(mailbox, mailboxes.IMAP), mailbox.folder)
    try:
        if folder.validity != int(validity):
            raise Permanent(
                Text("The server has numbered its letters anew since.", "服务器已重新编号，无法定位该邮件。")
            )
        return folder.part(int(uid), number, most)
    finally:
        folder.close()
