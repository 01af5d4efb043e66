"""An ERP's own database in PostgreSQL or Supabase: rows both ways, and the queue in which its triggers note what changed."""
