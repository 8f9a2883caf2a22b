"""WeChat, as far as WeChat lets anybody in.

There is no API to personal groups. `wecom`: a corporation's customer groups (who is in them, never what is
said), codes, welcomes, tasks that staff confirm, robots, and 微信客服 as a full conversation. `wechat_oa`: an
Official Account. `wechat`: personal groups, where a person pastes, counts and reports, and everything is
marked as entered by hand.
"""
