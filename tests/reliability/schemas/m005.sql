BEGIN TRANSACTION;
CREATE TABLE "_sqlite_migrations" (
   "id" INTEGER PRIMARY KEY,
   "migration_set" TEXT,
   "name" TEXT,
   "applied_at" TEXT
);
INSERT INTO "_sqlite_migrations" VALUES(1,'syncdb','m001_orders_and_records','2026-11-21 06:08:13.499232+00:00');
INSERT INTO "_sqlite_migrations" VALUES(2,'syncdb','m002_questions','2026-11-21 06:08:13.508070+00:00');
INSERT INTO "_sqlite_migrations" VALUES(3,'syncdb','m003_decisions','2026-11-21 06:08:13.509834+00:00');
INSERT INTO "_sqlite_migrations" VALUES(4,'syncdb','m004_readings','2026-11-21 06:08:13.511992+00:00');
INSERT INTO "_sqlite_migrations" VALUES(5,'syncdb','m005_things','2026-11-21 06:08:13.513359+00:00');
CREATE TABLE cell_write (
        write_id INTEGER PRIMARY KEY,
        run_id INTEGER NOT NULL,
        pair TEXT NOT NULL,
        side TEXT NOT NULL,
        key TEXT NOT NULL,
        order_id TEXT NOT NULL,
        action TEXT NOT NULL,
        reason TEXT NOT NULL,
        location TEXT,
        field TEXT,
        before TEXT,
        after TEXT,
        written_at TEXT NOT NULL
    ) STRICT;
INSERT INTO "cell_write" VALUES(1,1,'sheets:one','right','9007199254740995','9007199254740993','create','new','Orders!2',NULL,NULL,NULL,'2026-09-02T11:00:01Z');
CREATE TABLE conflict (
        pair TEXT NOT NULL,
        key TEXT NOT NULL,
        field TEXT NOT NULL,
        why TEXT NOT NULL,
        order_id TEXT NOT NULL DEFAULT '',
        detail TEXT NOT NULL,
        first_at TEXT NOT NULL,
        last_at TEXT NOT NULL,
        PRIMARY KEY (pair, key, field)
    ) STRICT, WITHOUT ROWID;
INSERT INTO "conflict" VALUES('sheets:one','9007199254740995','note','formula','9007199254740993','{}','2026-09-02T11:00:00Z','2026-09-02T11:00:00Z');
CREATE TABLE journal (
        token INTEGER PRIMARY KEY,
        run_id INTEGER NOT NULL,
        pair TEXT NOT NULL,
        side TEXT NOT NULL,
        purpose TEXT NOT NULL CHECK (purpose IN ('records', 'structure', 'mend')),
        state TEXT NOT NULL CHECK (state IN ('open', 'done', 'void')),
        attempt TEXT,
        operations INTEGER NOT NULL,
        begun_at TEXT NOT NULL,
        ended_at TEXT,
        tidied INTEGER NOT NULL DEFAULT 0
    ) STRICT;
INSERT INTO "journal" VALUES(77,1,'sheets:one','right','records','done',NULL,1,'2026-09-02T11:00:00Z','2026-09-02T11:00:01Z',0);
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
INSERT INTO "meta" VALUES('ledger_id','"5f3759df00000000000000000000cafe"');
CREATE TABLE order_change (
        change_id INTEGER PRIMARY KEY,
        order_id TEXT NOT NULL,
        run_id INTEGER NOT NULL,
        seen_at TEXT NOT NULL,
        path TEXT NOT NULL,
        before TEXT,
        after TEXT
    ) STRICT;
INSERT INTO "order_change" VALUES(1,'9007199254740993',1,'2026-09-02T11:00:00Z','note',NULL,'"please ring"');
CREATE TABLE order_tracking (
        order_id TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        number INTEGER,
        hash TEXT NOT NULL,
        snapshot TEXT NOT NULL,
        status TEXT NOT NULL CHECK (status IN ('tracked', 'missing', 'deleted')),
        financial_status TEXT,
        fulfillment_status TEXT,
        cancelled_at TEXT,
        closed_at TEXT,
        test INTEGER NOT NULL DEFAULT 0,
        currency TEXT,
        total TEXT,
        line_count INTEGER NOT NULL DEFAULT 0,
        location TEXT,
        created_at TEXT,
        processed_at TEXT,
        updated_at TEXT,
        first_seen_at TEXT NOT NULL,
        last_seen_at TEXT NOT NULL,
        last_changed_at TEXT NOT NULL,
        missing_since TEXT
    ) STRICT;
INSERT INTO "order_tracking" VALUES('9007199254740993','#1001',1001,'hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh','{"id": "9007199254740993", "name": "#1001"}','tracked','PAID','FULFILLED',NULL,NULL,0,'EUR','19.90',1,'Orders!2','2026-09-01T10:00:00Z','2026-09-01T10:00:00Z','2026-09-02T10:00:00Z','2026-09-02T11:00:00Z','2026-09-02T11:00:00Z','2026-09-02T11:00:00Z',NULL);
CREATE TABLE pending (pair TEXT NOT NULL, order_id TEXT NOT NULL, PRIMARY KEY (pair, order_id)) STRICT, WITHOUT ROWID;
INSERT INTO "pending" VALUES('sheets:one','9007199254740993');
CREATE TABLE record (
        pair TEXT NOT NULL,
        key TEXT NOT NULL,
        order_id TEXT NOT NULL,
        base TEXT,
        location TEXT,
        agreed_at TEXT,
        run_id INTEGER,
        PRIMARY KEY (pair, key)
    ) STRICT, WITHOUT ROWID;
INSERT INTO "record" VALUES('sheets:one','9007199254740995','9007199254740993','{"order_name": "#1001"}','Orders!2','2026-09-02T11:00:00Z',1);
CREATE TABLE sync_errors (
        error_id INTEGER PRIMARY KEY,
        stage TEXT NOT NULL,
        order_id TEXT NOT NULL DEFAULT '',
        order_name TEXT NOT NULL DEFAULT '',
        cause TEXT NOT NULL,
        message TEXT NOT NULL,
        next_step TEXT NOT NULL DEFAULT '',
        times INTEGER NOT NULL DEFAULT 1,
        first_at TEXT NOT NULL,
        last_at TEXT NOT NULL,
        first_run INTEGER NOT NULL,
        last_run INTEGER NOT NULL,
        resolved_at TEXT,
        resolution TEXT
    ) STRICT;
INSERT INTO "sync_errors" VALUES(1,'fetch','9007199254740999','#1002','held back','an order was held back','',2,'2026-09-02T11:00:00Z','2026-09-03T11:00:00Z',1,1,NULL,NULL);
CREATE TABLE sync_history (
        run_id INTEGER PRIMARY KEY,
        pair TEXT NOT NULL,
        mode TEXT NOT NULL,
        started_at TEXT NOT NULL,
        ended_at TEXT,
        exit_code INTEGER,
        message TEXT,
        partial INTEGER NOT NULL DEFAULT 0,
        counts TEXT NOT NULL DEFAULT '{}',
        notices TEXT NOT NULL DEFAULT '[]',
        plan_digest TEXT,
        version TEXT NOT NULL
    ) STRICT;
INSERT INTO "sync_history" VALUES(1,'sheets:one','full','2026-09-02T11:00:00Z','2026-09-02T11:00:02Z',0,'',0,'{}','[]','dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd','0.1.0');
CREATE TABLE verdict (
        verdict_id INTEGER PRIMARY KEY,
        pair TEXT NOT NULL,
        key TEXT NOT NULL,
        field TEXT NOT NULL,
        take TEXT NOT NULL CHECK (take IN ('left', 'right', 'value')),
        left_shown TEXT,
        right_shown TEXT,
        value TEXT,
        decided_at TEXT NOT NULL,
        ended_at TEXT,
        ended_how TEXT
    ) STRICT;
INSERT INTO "verdict" VALUES(1,'sheets:one','9007199254740995','note','left','"ours"','"theirs"',NULL,'2026-09-02T11:00:00Z',NULL,NULL);
CREATE UNIQUE INDEX "idx__sqlite_migrations_migration_set_name"
    ON "_sqlite_migrations" ("migration_set", "name");
CREATE INDEX order_by_name ON order_tracking (name);
CREATE INDEX record_by_order ON record (pair, order_id);
CREATE INDEX journal_open ON journal (token) WHERE state = 'open';
CREATE INDEX journal_spent ON journal (ended_at) WHERE tidied = 0 AND state <> 'open';
CREATE INDEX history_by_start ON sync_history (started_at);
CREATE UNIQUE INDEX one_open_error ON sync_errors (stage, order_id, cause) WHERE resolved_at IS NULL;
CREATE INDEX change_by_order ON order_change (order_id, change_id);
CREATE INDEX change_by_time ON order_change (seen_at);
CREATE INDEX write_by_order ON cell_write (order_id, write_id);
CREATE INDEX order_by_number ON order_tracking (number, name, created_at);
CREATE INDEX order_by_created ON order_tracking
       (created_at, status, financial_status, fulfillment_status, cancelled_at, test, currency, total);
CREATE INDEX order_missing ON order_tracking (missing_since) WHERE status = 'missing';
CREATE INDEX order_deleted ON order_tracking (last_changed_at) WHERE status = 'deleted';
CREATE INDEX history_by_pair ON sync_history (pair, run_id);
CREATE INDEX error_by_time ON sync_errors (last_at);
CREATE INDEX error_by_order ON sync_errors (order_id);
CREATE INDEX conflict_by_order ON conflict (order_id);
CREATE UNIQUE INDEX one_open_verdict ON verdict (pair, key, field) WHERE ended_at IS NULL;
CREATE INDEX order_by_updated ON order_tracking (updated_at, order_id, status);
CREATE INDEX write_by_key ON cell_write (key, write_id) WHERE order_id = '';
COMMIT;
