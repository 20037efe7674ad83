"""Mails: what events are told as, to whom, and how they leave; every one is kept in the outbox first.

| module | holds |
|---|---|
| `notices` | topics → category, recipients and facts; filled by `cases`, `conventions`, `tariffs` |
| `readings`, `links` | what happened before the event; the page a mail leads to |
| `writing`, `templates/` | one template → subject, plain text and HTML |
| `outbox`, `teller`, `message`, `sender` | rows; event → rows; row → message; message → server |
| `tokens` | the link that ends a category |
"""
