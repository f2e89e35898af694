"""Mongo behind the ports.

Queries are shaped for the simplest planner among the servers that this runs on: an index is
used where it covers the query exactly, so filters beyond it are applied here to the few that it
finds; indexes of rare fields are sparse, not partial; changes are `update_one` by id and a read,
since `findAndModify` walks the whole collection on the development server.
"""
