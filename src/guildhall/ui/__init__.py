"""The look of the house: style sheets, page frames, components, tables, charts, navigation, security headers.

Nouns: component, table, page frame, theme, section and item of the navigation. This room knows no domain:
upper rooms put their pages into its frames and register what the navigation shows. It never reads a domain
table and never carries inline style or script, so that the content security policy stays strict.
"""
