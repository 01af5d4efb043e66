"""Keep a shop and an ERP in PostgreSQL or Supabase in step, both ways. See docs/erp.md; exit codes are in docs/exit-codes.md."""

from syncdb.bootstrap import run_pair

if __name__ == "__main__":
    run_pair("erp")
