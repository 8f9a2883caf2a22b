"""Django settings, urls and the WSGI entry point: the only place where all rooms are listed."""
