-- Drafts that a closing ended left their files behind: the daily sweep destroys them, as what was taken away long ago.
UPDATE uploads SET state = 'removing', changed_at = 0
WHERE NOT EXISTS (SELECT 1 FROM applications a WHERE a.id = uploads.application_id);
