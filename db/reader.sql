-- let_read: grants what is missing; gives what an administrator has to run
SELECT let_reader_read() UNION ALL SELECT limit_reader();

-- is_there: whether there is such a role
SELECT to_regrole('headrace_reader') IS NOT NULL;

-- set_password: gives the statement that does it; PostgreSQL takes no parameter there
SELECT format('ALTER ROLE headrace_reader PASSWORD %L', $1::text);
