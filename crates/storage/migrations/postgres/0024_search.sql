-- The search: every public text once more as it is compared, and the pairs of its characters. The index beside it is the
-- engine's own and follows the table by itself, so that copies and backups carry the table only. What was changed last has
-- the smallest number.
CREATE TABLE search_entries (
    id           BIGINT PRIMARY KEY,
    kind         TEXT NOT NULL,
    subject      TEXT NOT NULL,
    shown_from   BIGINT NOT NULL,
    shown_until  BIGINT NOT NULL,
    changed_at   BIGINT NOT NULL,
    format       BIGINT NOT NULL,
    audience     TEXT NOT NULL,
    number       TEXT NOT NULL,
    category     TEXT NOT NULL,
    title        TEXT NOT NULL,
    number_key   TEXT NOT NULL,
    category_key TEXT NOT NULL,
    title_key    TEXT NOT NULL,
    body_key     TEXT NOT NULL,
    body         TEXT NOT NULL,
    tokens       TEXT NOT NULL,
    UNIQUE (kind, subject)
);
CREATE INDEX search_entries_tokens ON search_entries USING gin (array_to_tsvector(string_to_array(tokens, ' ')));
-- Making the vector anew for a row costs more than the planner believes: it may only ask the index.
CREATE OR REPLACE FUNCTION search_candidates(wanted TEXT, at BIGINT, most BIGINT) RETURNS SETOF BIGINT
    LANGUAGE plpgsql STABLE SET enable_seqscan = off SET enable_indexscan = off AS $$
BEGIN
    RETURN QUERY SELECT e.id FROM search_entries e
        WHERE array_to_tsvector(string_to_array(e.tokens, ' ')) @@ wanted::tsquery
        AND e.shown_from <= at AND e.shown_until > at ORDER BY e.id LIMIT most;
END
$$;

-- Words that nothing was found for.
CREATE TABLE search_misses (
    word         TEXT PRIMARY KEY,
    count        BIGINT NOT NULL,
    last_at      BIGINT NOT NULL,
    handled_at   BIGINT
);
CREATE INDEX search_misses_open ON search_misses (count, last_at, word) WHERE handled_at IS NULL;
CREATE INDEX search_misses_by_time ON search_misses (last_at);

-- One's own cases and inquiries by the beginning of their numbers.
CREATE INDEX applications_by_number ON applications (institution_id, reference, id) WHERE reference IS NOT NULL;
CREATE INDEX inquiries_by_number ON inquiries (account_id, reference, id);
