"""The sentences of the OpenAPI document in Chinese, so that the reference page speaks both languages.

The document itself stays English, as programs and their authors expect. A test asks for every sentence here.
"""

from __future__ import annotations

from guildhall.core.text import Text

CHINESE = {
    "members": "成员",
    "spaces": "群组",
    "messages": "消息",
    "cases": "案例",
    "List members": "成员列表",
    "Members that are present, newest first; `q` searches names, usernames and platform ids.": (
        "现有成员，从新到旧；`q` 可搜索姓名、用户名和平台 ID。"
    ),
    "How many rows, at most 200.": "返回条数，最多 200。",
    "`next` of the page before; empty for the first page.": "上一页应答中的 `next`；第一页留空。",
    "Pseudonymous: the only thing about a person that leaves the house.": (
        "假名编号：唯一会离开本系统的个人标识。"
    ),
    "Names and ids are cut because the caller may not see identities.": (
        "调用者无权查看身份，姓名与 ID 已遮蔽。"
    ),
    "ISO 3166 code, empty when unknown.": "ISO 3166 代码，未知为空。",
    "Give it as `cursor` for the next page; null on the last one.": (
        "作为 `cursor` 传入以获取下一页；最后一页为 null。"
    ),
    "One member": "单个成员",
    "One member with their accounts; the id of a merged member leads to the one it was merged into.": (
        "单个成员及其账号；已合并成员的编号会指向合并后的成员。"
    ),
    "List spaces": "群组列表",
    "Spaces, newest first; archived ones only when asked for.": (
        "群组，从新到旧；仅在指定时包含已归档群组。"
    ),
    "The legal region of its audience (ISO 3166), empty when unknown.": (
        "受众所在法律地区（ISO 3166），未知为空。"
    ),
    "One space": "单个群组",
    "One space by its short name.": "按短名称查询单个群组。",
    "List messages": "消息列表",
    "Messages, newest first, of one space (by its short name) or of all; `q` searches their words "
    "in Chinese and English; `removed` leaves only those that were removed.": (
        "消息，从新到旧，可限定单个群组（短名称）；`q` 可搜索中英文内容；`removed` 仅返回已删除的消息。"
    ),
    "The short name of the space.": "群组的短名称。",
    "The platform's own id.": "平台自身的 ID。",
    "`in`: a member wrote it; `out`: the house did.": "`in`：成员发送；`out`：本系统发送。",
    "The sender's name, masked for whoever may not see identities.": "发送者姓名，对无权查看身份者遮蔽。",
    "1, and one more for each edit.": "初始为 1，每次编辑加 1。",
    "One message": "单条消息",
    "One message with its links, media and what it said before each edit.": (
        "单条消息及其链接、媒体和每次编辑前的内容。"
    ),
    "List cases": "案例列表",
    "Cases of a state (open, upheld, undone, dismissed, all): open ones most urgent first, others "
    "newest first.": (
        "按状态（open、upheld、undone、dismissed、all）列出案例：待处理的按紧急程度，其余从新到旧。"
    ),
    "verdict, sample, report or appeal.": (
        "verdict（判定）、sample（抽样）、report（举报）或 appeal（申诉）。"
    ),
    "open, upheld, undone or dismissed.": (
        "open（待处理）、upheld（维持）、undone（撤销）或 dismissed（忽略）。"
    ),
    "0 to 1000.": "0 至 1000。",
    "What the verdict calls for: allow, review, delete, warn, restrict or ban.": (
        "判定要求的措施：allow、review、delete、warn、restrict 或 ban。"
    ),
    "shadow, review or act.": "shadow（仅观察）、review（仅审核）或 act（执行）。",
    "What the decision says of the message: bad, fine or empty.": "处理结论对消息的认定：bad、fine 或空。",
    "One case": "单个案例",
    "One case with the text it is about and every reason.": "单个案例及其涉及的文本和全部理由。",
    "The wording that was judged.": "被判定的文本。",
    "What the member wrote in an appeal, or the reporter in a report.": (
        "成员申诉或举报人举报时填写的内容。"
    ),
    "Half-open, in code points of the judged text.": "半开区间，以被判定文本的码点计。",
    "How many other messages say the same, counted up to 1,000.": "内容相同的其他消息数，最多计到 1,000。",
    "Uphold a case": "维持案例",
    "Confirm it: what was done stands, what was not done yet is done. 409 when somebody else "
    "decided otherwise.": (
        "确认：已采取的措施保留，尚未采取的立即执行。若他人已作出不同决定则返回 409。"
    ),
    "Makes the write repeatable: the same key and request get the first answer again.": (
        "使写操作可安全重试：相同的键和请求会得到首次的应答。"
    ),
    "For colleagues; never shown to the member.": "供同事查看，绝不向成员显示。",
    "Undo a case": "撤销案例",
    "Overturn it: what was done is taken back, on the platform too. 409 when somebody else "
    "decided otherwise.": (
        "推翻：已采取的措施在平台上一并撤回。若他人已作出不同决定则返回 409。"
    ),
    "Appeal against a case": "对案例提出申诉",
    "Open an appeal in the name of the message's sender; a second one for the same message is the "
    "first one.": (
        "以消息发送者的名义提出申诉；同一消息再次申诉即为原申诉。"
    ),
    "What the member says.": "成员的陈述。",
    "feeds": "数据源",
    "List feeds": "数据源列表",
    "Every feed and how it is.": "全部数据源及其状态。",
    "http, folder, bucket or file.": "http、folder、bucket 或 file。",
    "ok, silent, failing, paused or new.": (
        "ok、silent（静默）、failing（异常）、paused（暂停）或 new（尚无数据）。"
    ),
    "Rows that wait to be mended.": "待修正的行数。",
    "Send a batch": "发送批次",
    "A batch of one table: JSON lines, Parquet or CSV, packed with gzip or not; at most 64 MB. 202: received "
    "and on the disk; 200: read, with every count. The same key and body again get the present state; "
    "another body gets 409.": (
        "单个数据表的一个批次：JSON Lines、Parquet 或 CSV，可用 gzip 压缩，最大 64 MB。202：已接收并落盘；"
        "200：已读取并附全部计数。相同键和内容返回当前状态；内容不同返回 409。"
    ),
    "Send a part of a batch": "发送批次的一段",
    "A part of a batch that is too large, or a line too poor, for one request; at most 64 MB each. A part "
    "that is here already changes nothing; a gap gets 409, and `arrived` of the batch says where to go on.": (
        "用于过大或网络不佳的批次，分段发送，每段最大 64 MB。已收到的分段不会产生变化；出现缺口返回 409，"
        "批次的 `arrived` 指明续传位置。"
    ),
    "How far a batch is": "批次进度",
    "How far a batch is.": "批次进度。",
    "The batch of the Idempotency-Key: how far it is, its counts, its bad rows.": (
        "Idempotency-Key 对应的批次：进度、计数与问题行。"
    ),
    "Empty: the feed's own.": "留空则使用数据源自身的数据表。",
    "Where the part begins, in bytes.": "分段起始位置（字节）。",
    "Bytes of the whole batch.": "整个批次的字节数。",
    "Of the whole batch.": "整个批次的 SHA-256。",
    "Unix time in seconds; at most five minutes off.": "Unix 时间（秒），误差不超过五分钟。",
    "`v1=` and the HMAC-SHA256 of the request in hexadecimal digits.": (
        "`v1=` 加上请求的 HMAC-SHA256（十六进制）。"
    ),
    "The sender's name for the batch; the same key with the same body is the same batch.": (
        "发送方为批次起的名称；键与内容相同即为同一批次。"
    ),
    "partners": "合作伙伴",
    "List partners": "合作伙伴列表",
    "Partners, newest first.": "合作伙伴，最新的在前。",
    "Accounts bound to them now.": "当前绑定的账户数。",
    "The version of their deal in force now.": "当前生效的合约版本。",
    "Why a trade": "成交计佣原因",
    "Why a trade earned what it did, rule by rule.": "逐条规则说明一笔成交的计佣结果。",
    "Its number in the rules of settlement, such as SET-7.": "结算规则编号，如 SET-7。",
    "The amount it came to, in 1e-8 of the asset.": "所得金额，单位为资产的 1e-8。",
    "Pseudonym of the account.": "账户假名。",
    "Who is credited.": "入账对象。",
    "Whose deal it comes from.": "来自谁的合约。",
    "The key of its posting.": "对应分录的键。",
    "How many rows the exchange sent for it.": "交易所为该成交上报的行数。",
    "Null while it is not settled, or when it was taken back.": "尚未结算或已被撤回时为空。",
    "Lines of the ledger it is part of.": "所属的账本明细。",
    "Null while the month is not settled.": "该月尚未结算时为空。",
    "List settlements": "结算列表",
    "Settlements, newest first.": "结算，最新的在前。",
    "The version of each table of facts it read.": "所读取的各事实表版本。",
    "SHA-256 of all it depended on.": "结算所依据全部输入的 SHA-256。",
    "Why a partner's day": "合作伙伴当日明细",
    "What a partner's day (UTC) is made of, trades from `offset` on; `partner`: an id or short name.": (
        "合作伙伴某日（UTC）的构成，成交从 `offset` 起列出；`partner` 为编号或短名。"
    ),
    "1-based, of the batch as it was sent.": "发送内容中的行号，从 1 开始。",
    "In the language of Accept-Language.": "语言取决于 Accept-Language。",
    "arriving, mapping, received, read, shipped, failed or dropped.": (
        "arriving、mapping、received、read、shipped、failed 或 dropped。"
    ),
    "Bytes as they were sent.": "发送内容的字节数。",
    "Bytes that are here; the next part begins there.": "已收到的字节数，下一段从此处开始。",
    "rows, good, bad, repeated; then new, same, conflicts, refused of the table.": (
        "rows、good、bad、repeated；随后为数据表的 new、same、conflicts、refused。"
    ),
    "Why it failed; empty when it did not.": "失败原因；未失败时为空。",
    "The first hundred rows that were not taken.": "前一百条未采用的行。",
    "ledger": "账本",
    "List balances": "余额列表",
    "List postings": "记账列表",
    "One posting": "单笔记账",
    "List closed days": "已关账日期列表",
    "Such as `partner:7:payable`; above zero is what it was given.": (
        "如 `partner:7:payable`；正数表示账户所得。"
    ),
    "Whole base units of the asset, as text.": "资产最小单位的整数，以文本表示。",
    "The same in plain decimals.": "同一金额的小数写法。",
    "How many legs it is the sum of.": "合计的分录数。",
    "Balances of accounts whose code begins with `prefix`; with `on`, at the end of that UTC day.": (
        "代码以 `prefix` 开头的账户余额；指定 `on` 时为该 UTC 日终余额。"
    ),
    "The UTC day it belongs to.": "所属的 UTC 日期。",
    "The UTC day it is counted in, later when that day was closed.": (
        "计入的 UTC 日期；所属日已关账时会更晚。"
    ),
    "The terms it was reckoned by, such as `deal:7:v3`.": "计算所依据的条款版本，如 `deal:7:v3`。",
    "The key of the posting it mirrors.": "被冲正的原记账的键。",
    "The key of its mirror.": "冲正该笔的记账的键。",
    "How many of them belong to earlier days.": "其中属于此前日期的笔数。",
    "One posting by its key.": "按键查询单笔记账。",
    "Closed days, newest first; `before` is the `next` of the page before.": (
        "已关账日期，从新到旧；`before` 为上一页应答中的 `next`。"
    ),
    "Postings with their legs, newest first; `account` is a whole code.": (
        "记账及其分录，从新到旧；`account` 为完整的账户代码。"
    ),
    "1 is tried first when somebody on call is paged.": "待命呼叫时先呼叫层级 1。",
    "Add what the asker says": "补充提问者的消息",
    "Answer the asker": "回复提问者",
    "Answer where the question was asked or in private. Words that ask for a secret, and words "
    "compliance does not clear, are refused.": (
        "在提问处或私下回复。索要机密的内容以及未通过合规审查的内容将被拒绝。"
    ),
    "Ask a question. The asker reads answers from here; nobody is written to on a platform.": (
        "提交问题。提问者从此接口读取答复，不会在任何平台上发送消息。"
    ),
    "Empty: the beginning of the text.": "留空则取正文开头。",
    "Empty: told by the words.": "留空则按内容判断。",
    "Every part of every planned shift that overlaps [start, end), 62 days at most.": (
        "与 [start, end) 重叠的所有班次片段，最多 62 天。"
    ),
    "Fields of the category.": "该类别的字段。",
    "Gaps of cover": "值班缺口",
    "List tickets": "工单列表",
    "Masked for whoever may not see identities.": "对无权查看身份者脱敏。",
    "One ticket": "单个工单",
    "One ticket with everything said in it that you may read, oldest first.": (
        "单个工单及您可查看的全部内容，按时间先后排列。"
    ),
    "Open a ticket": "创建工单",
    "Set how it stands. 409 when somebody changed the ticket since the revision you saw.": (
        "设置工单状态。若工单在您所见版本之后被修改，返回 409。"
    ),
    "Set once the answer leaves.": "在回复发出后设置。",
    "Set the status of a ticket": "设置工单状态",
    "Shifts of a span": "时段内的班次",
    "Since when the asker waits for us.": "提问者开始等待我方的时间。",
    "So many seconds it can be taken back.": "可撤回的秒数。",
    "The asker says more; a ticket that was solved is opened again. A vendor's program says more where it "
    "asked, and never speaks as a member.": (
        "提问者的后续消息；已解决的工单会重新打开。外包商的程序只能在其提交的工单中补充，不能代用户发言。"
    ),
    "The zone its times were meant in; all times here are UTC.": "排班所用时区；此处所有时间均为 UTC。",
    "Tickets, newest first, of a status and a category; `q` searches words and numbers in "
    "Chinese and English, `external_key` finds the one you opened.": (
        "按状态和类别列出工单，最新在前；`q` 支持中英文关键词和编号搜索，`external_key` 查找您创"
        "建的工单。"
    ),
    "What is asked.": "问题内容。",
    "What you call it: the same key again is the same ticket.": "您方编号：相同编号即同一工单。",
    "What you saw; another is a 409.": "您所见的版本；不一致时返回 409。",
    "When the first of its clocks is due.": "最近一个时限的到期时间。",
    "Where fewer are on duty than needed within [start, end), 62 days at most.": (
        "[start, end) 内在岗人数不足的时段，最多 62 天。"
    ),
    "Who asks, where we know them.": "提问者（如已知）。",
    "Who is missing because of leave.": "因请假缺岗的人员。",
    "Who is on duty": "在岗人员",
    "Who is on duty now, or at another moment (`at`, with a zone).": (
        "当前或指定时刻（`at`，须带时区）的在岗人员。"
    ),
    "Whose shift it was before somebody took it.": "换班前的值班人员。",
    "Words among us; the asker never reads them.": "内部备注，提问者不可见。",
    "Write an internal note": "添加内部备注",
    "`shift` or `on_call`; empty for both.": "`shift` 或 `on_call`；留空表示两者。",
    "customer, reply, note or system.": "customer、reply、note 或 system。",
    "done, held, queued, sent, failed or unsent.": "done、held、queued、sent、failed 或 unsent。",
    "duty": "值班",
    "group, private or empty.": "group、private 或留空。",
    "group, private, topic, webchat, email or api.": "group、private、topic、webchat、email 或 api。",
    "low, normal, high or urgent.": "low、normal、high 或 urgent。",
    "open, pending, solved or closed.": "open、pending、solved 或 closed。",
    "tickets": "工单",
}  # fmt: skip


def both(sentence: str) -> Text:
    """A sentence of the document in both languages."""
    plain = " ".join(sentence.split())
    return Text(plain, CHINESE.get(plain, plain))
