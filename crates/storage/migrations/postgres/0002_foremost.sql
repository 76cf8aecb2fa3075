-- The home page asks for the newest case of each procedure and for how many count as filed; both are answered from here.
CREATE INDEX applications_foremost ON applications (institution_id, kind, updated_at, id, state);
