"""Where the usual providers answer, so that most people need to know an address and a password only."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Hosts:
    """Servers of a provider. Ports are those of TLS from the start, with `starttls` that of SMTP is not."""

    imap: str
    smtp: str
    starttls: bool = False


_KNOWN = {
    ("gmail.com", "googlemail.com"): Hosts("imap.gmail.com", "smtp.gmail.com"),
    ("outlook.com", "hotmail.com", "live.com"): Hosts(
        "outlook.office365.com", "smtp-mail.outlook.com", starttls=True
    ),
    ("yahoo.com",): Hosts("imap.mail.yahoo.com", "smtp.mail.yahoo.com"),
    ("icloud.com", "me.com"): Hosts("imap.mail.me.com", "smtp.mail.me.com", starttls=True),
    ("qq.com", "foxmail.com"): Hosts("imap.qq.com", "smtp.qq.com"),
    ("163.com",): Hosts("imap.163.com", "smtp.163.com"),
    ("126.com",): Hosts("imap.126.com", "smtp.126.com"),
    ("aliyun.com",): Hosts("imap.aliyun.com", "smtp.aliyun.com"),
    ("fastmail.com",): Hosts("imap.fastmail.com", "smtp.fastmail.com"),
    ("zoho.com",): Hosts("imap.zoho.com", "smtp.zoho.com"),
}


def hosts_of(address: str) -> Hosts:
    """What the provider of an address uses; for others what most of them call their servers."""
    domain = address.rpartition("@")[2].lower()
    for domains, hosts in _KNOWN.items():
        if domain in domains:
            return hosts
    return Hosts(f"imap.{domain}", f"smtp.{domain}")
