"""WeChat, as far as WeChat lets anybody in.

There is no API to personal groups. `wecom`: a corporation's customer groups (who is in them, never what is
said), codes, welcomes, tasks that staff confirm, robots, and 微信客服 as a full conversation. `wechat_oa`: an
Official Account. `wechat`: personal groups, where a person pastes, counts and reports, and everything is
marked as entered by hand.

What customers say in groups is handed over only by 会话内容存档, which everybody in the group is told of
and a corporation buys for itself; it is not built in.
"""
