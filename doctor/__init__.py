"""`headrace doctor`: is all that Headrace needs there, and right? Each question by itself."""
