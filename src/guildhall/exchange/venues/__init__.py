"""What affiliate programmes of exchanges report about the people we brought them, pulled from their APIs.

Each venue is a pure adapter (how a request is signed, what an answer says); `pulling` fetches and keeps every
answer as evidence, `booking` turns totals into what happened on each day. Nothing here decides about money.
"""
