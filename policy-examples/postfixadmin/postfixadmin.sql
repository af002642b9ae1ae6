-- The tables of PostfixAdmin that matter here, with a few rows, for the tests and for you to
-- compare with yours: `sqlite3 postfixadmin.db < postfixadmin.sql`.
CREATE TABLE domain (domain varchar(255) PRIMARY KEY, active boolean NOT NULL DEFAULT 1);
CREATE TABLE mailbox (username varchar(255) PRIMARY KEY, domain varchar(255) NOT NULL,
                      active boolean NOT NULL DEFAULT 1);
CREATE TABLE alias (address varchar(255) PRIMARY KEY, goto text NOT NULL,
                    domain varchar(255) NOT NULL, active boolean NOT NULL DEFAULT 1);
CREATE TABLE alias_domain (alias_domain varchar(255) PRIMARY KEY,
                           target_domain varchar(255) NOT NULL,
                           active boolean NOT NULL DEFAULT 1);
INSERT INTO domain VALUES ('example.org', 1), ('example.net', 1);
INSERT INTO mailbox VALUES ('anna@example.org', 'example.org', 1),
    ('ben@example.org', 'example.org', 1), ('old@example.org', 'example.org', 0);
INSERT INTO alias VALUES ('anna@example.org', 'anna@example.org', 'example.org', 1),
    ('ben@example.org', 'ben@example.org', 'example.org', 1),
    ('info@example.org', 'anna@example.org,ben@example.org', 'example.org', 1),
    ('office@example.org', 'info@example.org', 'example.org', 1),
    ('loop1@example.org', 'loop2@example.org', 'example.org', 1),
    ('loop2@example.org', 'loop1@example.org', 'example.org', 1),
    ('gone@example.org', 'anna@example.org', 'example.org', 0),
    ('outside@example.org', 'anna@elsewhere.example', 'example.org', 1),
    ('@example.net', 'ben@example.org', 'example.net', 1);
INSERT INTO alias_domain VALUES ('example.com', 'example.org', 1),
    ('example.edu', 'example.org', 0);
