-- The register by pairs of characters, as the search of public texts (0024): the number is the code. Names, readings and
-- addresses are compared with what the index proposes, so a pair may be written short, and two pairs alike.
CREATE TABLE institution_words (
    id      BIGINT PRIMARY KEY,
    tokens  TEXT NOT NULL
);
CREATE INDEX institution_words_tokens ON institution_words USING gin (array_to_tsvector(string_to_array(tokens, ' ')));
-- Making the vector anew for a row costs more than the planner believes: it may only ask the index.
CREATE OR REPLACE FUNCTION institution_candidates(wanted TEXT, after BIGINT, before BIGINT, most BIGINT) RETURNS SETOF BIGINT
    LANGUAGE plpgsql STABLE SET enable_seqscan = off SET enable_indexscan = off AS $$
BEGIN
    RETURN QUERY SELECT w.id FROM institution_words w
        WHERE array_to_tsvector(string_to_array(w.tokens, ' ')) @@ wanted::tsquery
        AND w.id > after AND w.id < before ORDER BY w.id LIMIT most;
END
$$;
