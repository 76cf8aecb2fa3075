-- What a second person must approve before it is done (four eyes), and the versions of what staff set while the portal runs.
CREATE TABLE proposals (
    id              UUID PRIMARY KEY,
    matter          TEXT NOT NULL,
    subject         TEXT NOT NULL,
    act             TEXT NOT NULL,
    words           TEXT NOT NULL,
    note            TEXT NOT NULL,
    state           TEXT NOT NULL,
    proposed_by     UUID NOT NULL REFERENCES accounts (id),
    proposer_name   TEXT NOT NULL,
    proposed_at     BIGINT NOT NULL,
    decided_by      UUID REFERENCES accounts (id),
    decider_name    TEXT,
    decided_at      BIGINT,
    reason          TEXT NOT NULL
);
CREATE UNIQUE INDEX proposals_one_waiting ON proposals (subject) WHERE state = 'waiting';
CREATE INDEX proposals_by_state ON proposals (state, proposed_at, id);
CREATE INDEX proposals_of_subject ON proposals (subject, proposed_at, id);
CREATE TABLE setting_versions (
    topic           TEXT NOT NULL,
    version         BIGINT NOT NULL,
    value           TEXT NOT NULL,
    effective_at    BIGINT NOT NULL,
    note            TEXT NOT NULL,
    maker_name      TEXT NOT NULL,
    approver_name   TEXT,
    made_at         BIGINT NOT NULL,
    withdrawn_at    BIGINT,
    PRIMARY KEY (topic, version)
);
CREATE INDEX setting_versions_ahead ON setting_versions (effective_at, topic, version) WHERE withdrawn_at IS NULL;
