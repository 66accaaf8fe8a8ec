-- Nothing to do: sums stay as wide as they are, see docs/decisions/rejected-by-halving.md.
SELECT 1;
