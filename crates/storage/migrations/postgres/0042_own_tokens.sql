-- A reset of a password ends the access tokens of its person.
CREATE INDEX access_tokens_of_account ON access_tokens (account_id, created_at, id);
