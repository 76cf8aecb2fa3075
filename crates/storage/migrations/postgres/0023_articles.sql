-- The life of an article: what readers see, what is being written, every saved version, files, and what readers say.
ALTER TABLE articles ADD COLUMN state TEXT NOT NULL DEFAULT 'published';
ALTER TABLE articles ADD COLUMN work TEXT NOT NULL DEFAULT 'none';
ALTER TABLE articles ADD COLUMN latest BIGINT NOT NULL DEFAULT 1;
ALTER TABLE articles ADD COLUMN published_version BIGINT NOT NULL DEFAULT 1;
ALTER TABLE articles ADD COLUMN related TEXT NOT NULL DEFAULT '';
ALTER TABLE articles ADD COLUMN attachments TEXT NOT NULL DEFAULT '';
ALTER TABLE articles ADD COLUMN heading_key TEXT NOT NULL DEFAULT '';
ALTER TABLE articles ADD COLUMN changed_at BIGINT NOT NULL DEFAULT 0;
UPDATE articles SET heading_key = LOWER(number || title), changed_at = updated_at;
CREATE INDEX articles_by_change ON articles (changed_at, slug, state, work, kind, heading_key);
CREATE INDEX articles_in_review ON articles (changed_at, slug) WHERE work = 'in_review';
CREATE INDEX articles_to_read ON articles (kind, state, category, number);
CREATE TABLE article_versions (
    slug            TEXT NOT NULL REFERENCES articles (slug),
    version         BIGINT NOT NULL,
    kind            TEXT NOT NULL,
    category        TEXT NOT NULL,
    title           TEXT NOT NULL,
    body            TEXT NOT NULL,
    editor          TEXT NOT NULL,
    related         TEXT NOT NULL,
    attachments     TEXT NOT NULL,
    note            TEXT NOT NULL,
    author          UUID,
    author_name     TEXT NOT NULL,
    made_at         BIGINT NOT NULL,
    review_note     TEXT NOT NULL,
    published_at    BIGINT,
    publisher_name  TEXT NOT NULL,
    PRIMARY KEY (slug, version)
);
INSERT INTO article_versions (slug, version, kind, category, title, body, editor, related, attachments, note, author_name,
    made_at, review_note, published_at, publisher_name)
    SELECT slug, 1, kind, category, title, body, editor, '', '', '', '', updated_at, '', updated_at, '' FROM articles;
CREATE TABLE article_procedures (
    procedure       TEXT NOT NULL,
    number          TEXT NOT NULL,
    slug            TEXT NOT NULL REFERENCES articles (slug),
    PRIMARY KEY (procedure, number)
);
CREATE INDEX article_procedures_of ON article_procedures (slug);
CREATE TABLE article_numbers (
    name            TEXT PRIMARY KEY,
    last            BIGINT NOT NULL
);
CREATE TABLE article_files (
    id              UUID PRIMARY KEY,
    slug            TEXT NOT NULL REFERENCES articles (slug),
    kind            TEXT NOT NULL,
    name            TEXT NOT NULL,
    title           TEXT NOT NULL,
    size            BIGINT NOT NULL,
    width           BIGINT NOT NULL,
    height          BIGINT NOT NULL,
    is_public       BOOLEAN NOT NULL,
    author_name     TEXT NOT NULL,
    made_at         BIGINT NOT NULL,
    content         BYTEA NOT NULL
);
CREATE INDEX article_files_of ON article_files (slug, made_at, id);
CREATE TABLE article_answers (
    slug            TEXT NOT NULL REFERENCES articles (slug),
    voter           TEXT NOT NULL,
    id              UUID NOT NULL UNIQUE,
    helpful         BOOLEAN NOT NULL,
    words           TEXT NOT NULL,
    said_at         BIGINT NOT NULL,
    handled_at      BIGINT,
    handler_name    TEXT NOT NULL,
    PRIMARY KEY (slug, voter)
);
CREATE INDEX article_answers_counted ON article_answers (slug, helpful);
CREATE INDEX article_answers_open ON article_answers (said_at, id) WHERE words <> '' AND handled_at IS NULL;
CREATE INDEX article_answers_handled ON article_answers (said_at, id) WHERE words <> '' AND handled_at IS NOT NULL;
