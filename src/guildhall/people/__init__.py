"""People: who is who in the house.

Nouns: member (a person in the community, known outside this room only by a pseudonymous id), account (a
member's presence on one platform), staff (a person who signs in), role, permission, team, token. This room
decides who may do what and how they prove who they are; it never decides what happens to a message and
never talks to a platform.
"""
