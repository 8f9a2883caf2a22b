"""Template tags of the design system; a page loads them with `{% load ui %}`."""
