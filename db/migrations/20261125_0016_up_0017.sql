-- Reserved for another change, which comes in its place.
SELECT 1;
