"""Test vectors of the callback envelope: the samples Tencent publishes with its WXBizMsgCrypt libraries."""

from __future__ import annotations

VECTORS: tuple[dict[str, str], ...] = (
    {
        "name": "mp/qy sample POST (C# Sample.cs)",
        "token": "QDG6eK",
        "key": "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C",
        "rid": "wx5823bf96d3bd56c7",
        "sig": "477715d11cdb4164915debcba66cb864d751f3e6",
        "ts": "1409659813",
        "nonce": "1372623149",
        "enc": (
            "RypEvHKD8QQKFhvQ6QleEB4J58tiPdvo+rtK1I9qca6aM/wvqnLSV5zEPeusUiX5L5X/0lWfrf0QADHH"
            "hGd3QczcdCUpj911L3vg3W/sYYvuJTs3TUUkSUXxaccAS0qhxchrRYt66wiSpGLYL42aM6A8dTT+6k4a"
            "SknmPj48kzJs8qLjvd4Xgpue06DOdnLxAUHzM6+kDZ+HMZfJYuR+LtwGc2hgf5gsijff0ekUNXZiqATP"
            "7PF5mZxZ3Izoun1s4zG4LUMnvw2r+KqCKIw+3IQH03v+BCA9nMELNqbSf6tiWSrXJB3LAVGUcallcrw8"
            "V2t9EL4EhzJWrQUax5wLVMNS0+rUPA3k22Ncx4XXZS9o0MBH27Bo6BpNelZpS+/uh9KsNlY6bHCmJU9p"
            "8g7m3fVKn28H3KDYA5Pl/T8Z1ptDAVe0lXdQ2YoyyH2uyPIGHBZZIs2pDBS8R07+qN+E7Q=="
        ),
        "plain": (
            "<xml><ToUserName><![CDATA[wx5823bf96d3bd56c7]]></ToUserName>\n<FromUserName><![CD"
            "ATA[mycreate]]></FromUserName>\n<CreateTime>1409659813</CreateTime>\n<MsgType><![C"
            "DATA[text]]></MsgType>\n<Content><![CDATA[hello]]></Content>\n<MsgId>4561255354251"
            "345929</MsgId>\n<AgentID>218</AgentID>\n</xml>"
        ),
    },
    {
        "name": "URL verify sample",
        "token": "QDG6eK",
        "key": "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C",
        "rid": "wx5823bf96d3bd56c7",
        "sig": "5c45ff5e21c57e6ad56bac8758b79b1d9ac89fd3",
        "ts": "1409659589",
        "nonce": "263014780",
        "enc": ("P9nAzCzyDtyTWESHep1vC5X9xho/qYX3Zpb4yKa9SKld1DsH3Iyt3tP3zNdtp+4RPcs8TgAE7OaBO+FZXvnaqQ=="),
        "plain": "1616140317555161061",
    },
    {
        "name": "URL verify sample 2 (Sample.py)",
        "token": "xxxxxxx",
        "key": "6qkdMrq68nTKduznJYO1A37W2oEgpkMUvkttRToqhUt",
        "rid": "ww1436e0e65a779aee",
        "sig": "59dce1a653fc31a6f0472567199561e9336a8d0b",
        "ts": "1476416373",
        "nonce": "47744683",
        "enc": ("fsi1xnbH4yQh0+PJxcOdhhK6TDXkjMyhEPA7xB2TGz6b+g7xyAbEkRxN/3cNXW9qdqjnoVzEtpbhnFyq6SVHyA=="),
        "plain": "1288432023552776189",
    },
)
