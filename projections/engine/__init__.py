"""What every view is made of: tables with their readers, handlers from events to rows, and how rows reach PostgreSQL.

A view is a function of events. It has no clock, calls nothing, and can be thrown away and rebuilt.
"""
