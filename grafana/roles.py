"""Label matchers for roles, which every series of ours names.

Each role reads the same records for itself: what adds up without one of these counts a record once
for each sink.
"""

CORE = 'role="core"'
SINKS = 'role!~"core|generator|edge|source-.*"'
"""The workers of further sinks; whoever brings events in has a role of its own."""

EDGE = 'role="edge"'
SOURCES = 'role=~"source-.*"'
WAYS_IN = 'role=~"edge|source-.*"'
