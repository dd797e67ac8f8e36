"""Laws are checked on busy machines too: how long an example takes is no matter."""

from hypothesis import settings

settings.register_profile("laws", deadline=None)
settings.load_profile("laws")
