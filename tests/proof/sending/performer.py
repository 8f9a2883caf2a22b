"""`proof.send`: one POST to the sink, never twice."""

import os
import urllib.request

from guildhall.core.text import Text
from guildhall.effects.performers import performer
from guildhall.effects.types import Claimed


@performer("proof.send", describe=Text("Tell the sink", "通知测试接收端"))
def send(effect: Claimed) -> None:
    """Post the token; an error on the way is unforeseen on purpose, so nobody can tell whether it arrived."""
    url = f"{os.environ['PROOF_SINK']}/{effect.payload['token']}"
    with urllib.request.urlopen(url, data=b"", timeout=10) as answer:
        answer.read()
