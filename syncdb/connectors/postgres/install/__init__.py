"""What is made in an ERP's database: queue, triggers, settings, a role. Versioned, repeatable, removable."""
