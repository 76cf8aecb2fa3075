-- The register by pairs of characters, as the search of public texts (0024): the number is the code. Names, readings and
-- addresses are compared with what the index proposes, so a pair may be written short, and two pairs alike.
CREATE TABLE institution_words (
    id      INTEGER PRIMARY KEY,
    tokens  TEXT NOT NULL
);
CREATE VIRTUAL TABLE search_fts_institutions USING fts5(tokens, content='', contentless_delete=1, detail=none, tokenize='ascii');
CREATE TRIGGER institution_words_added AFTER INSERT ON institution_words BEGIN
    INSERT INTO search_fts_institutions (rowid, tokens) VALUES (new.id, new.tokens);
END;
CREATE TRIGGER institution_words_changed AFTER UPDATE ON institution_words BEGIN
    DELETE FROM search_fts_institutions WHERE rowid = old.id;
    INSERT INTO search_fts_institutions (rowid, tokens) VALUES (new.id, new.tokens);
END;
CREATE TRIGGER institution_words_removed AFTER DELETE ON institution_words BEGIN
    DELETE FROM search_fts_institutions WHERE rowid = old.id;
END;
