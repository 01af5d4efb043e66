BEGIN TRANSACTION;
CREATE TABLE "_sqlite_migrations" (
   "id" INTEGER PRIMARY KEY,
   "migration_set" TEXT,
   "name" TEXT,
   "applied_at" TEXT
);
INSERT INTO "_sqlite_migrations" VALUES(1,'syncdb','m001_orders_and_records','2026-11-30 12:32:00.931631+00:00');
INSERT INTO "_sqlite_migrations" VALUES(2,'syncdb','m002_questions','2026-11-30 12:32:01.122210+00:00');
INSERT INTO "_sqlite_migrations" VALUES(3,'syncdb','m003_decisions','2026-11-30 12:32:01.137584+00:00');
INSERT INTO "_sqlite_migrations" VALUES(4,'syncdb','m004_readings','2026-11-30 12:32:01.161861+00:00');
INSERT INTO "_sqlite_migrations" VALUES(5,'syncdb','m005_things','2026-11-30 12:32:01.170229+00:00');
INSERT INTO "_sqlite_migrations" VALUES(6,'syncdb','m006_pairs_and_links','2026-11-30 12:32:01.178431+00:00');
INSERT INTO "_sqlite_migrations" VALUES(7,'syncdb','m007_maintained','2026-11-30 12:32:01.208922+00:00');
INSERT INTO "_sqlite_migrations" VALUES(8,'syncdb','m008_media','2026-11-30 12:32:01.211676+00:00');
INSERT INTO "_sqlite_migrations" VALUES(9,'syncdb','m009_called','2026-11-30 12:32:01.225771+00:00');
INSERT INTO "_sqlite_migrations" VALUES(10,'syncdb','m010_old_snapshots','2026-11-30 12:32:01.245559+00:00');
INSERT INTO "_sqlite_migrations" VALUES(11,'syncdb','m011_packed','2026-11-30 12:32:01.261751+00:00');
INSERT INTO "_sqlite_migrations" VALUES(12,'syncdb','m012_deleted_is_zeroed','2026-11-30 12:32:01.285998+00:00');
INSERT INTO "_sqlite_migrations" VALUES(13,'syncdb','m013_errors_by_end','2026-11-30 12:32:01.316085+00:00');
INSERT INTO "_sqlite_migrations" VALUES(14,'syncdb','m014_errors_of_pairs','2026-11-30 12:32:01.346537+00:00');
INSERT INTO "_sqlite_migrations" VALUES(15,'syncdb','m015_lighter_triggers','2026-11-30 12:32:01.372220+00:00');
INSERT INTO "_sqlite_migrations" VALUES(16,'syncdb','m016_calls','2026-11-30 12:32:01.410098+00:00');
CREATE TABLE called (
        pair TEXT NOT NULL,
        key TEXT NOT NULL,
        fields TEXT NOT NULL,
        PRIMARY KEY (pair, key)
    ) STRICT, WITHOUT ROWID;
INSERT INTO "called" VALUES('grist:one:products','gid://shopify/Product/2','{"title": "cup"}');
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
CREATE TABLE link (
        pair TEXT NOT NULL,
        key TEXT NOT NULL,
        left_id TEXT NOT NULL,
        right_id TEXT NOT NULL,
        PRIMARY KEY (pair, key)
    ) STRICT, WITHOUT ROWID;
INSERT INTO "link" VALUES('grist:one:products','gid://shopify/Product/1','gid://shopify/Product/1','mug');
CREATE TABLE media_digest (
        source TEXT NOT NULL,
        ref TEXT NOT NULL,
        size INTEGER,
        changed_at TEXT,
        digest TEXT NOT NULL,
        PRIMARY KEY (source, ref)
    ) STRICT, WITHOUT ROWID;
INSERT INTO "media_digest" VALUES('shopify','gid://shopify/MediaImage/1',4096,'2026-09-02T11:00:00Z','dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd');
CREATE TABLE media_refusal (
        source TEXT NOT NULL,
        digest TEXT NOT NULL,
        why TEXT NOT NULL,
        at TEXT NOT NULL,
        PRIMARY KEY (source, digest)
    ) STRICT, WITHOUT ROWID;
INSERT INTO "media_refusal" VALUES('shopify','eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee','Image file type is not supported','2026-09-02T11:00:00Z');
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
INSERT INTO "meta" VALUES('ledger_id','"5f3759df00000000000000000000cafe"');
INSERT INTO "meta" VALUES('old_snapshots_to','""');
CREATE TABLE number_stretch (
        times INTEGER NOT NULL,
        first INTEGER NOT NULL,
        last INTEGER NOT NULL,
        PRIMARY KEY (times, first)
    ) STRICT, WITHOUT ROWID;
INSERT INTO "number_stretch" VALUES(1,1001,1001);
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
CREATE TABLE order_count (state TEXT PRIMARY KEY, orders INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO "order_count" VALUES('deleted',0);
INSERT INTO "order_count" VALUES('missing',0);
INSERT INTO "order_count" VALUES('tracked',1);
INSERT INTO "order_count" VALUES('waiting',1);
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
    , packed BLOB) STRICT;
INSERT INTO "order_tracking" VALUES('9007199254740993','#1001',1001,'hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh','{"id": "9007199254740993", "name": "#1001"}','tracked','PAID','FULFILLED',NULL,NULL,0,'EUR','19.90',1,'Orders!2','2026-09-01T10:00:00Z','2026-09-01T10:00:00Z','2026-09-02T10:00:00Z','2026-09-02T11:00:00Z','2026-09-02T11:00:00Z','2026-09-02T11:00:00Z',NULL,NULL);
CREATE TABLE pair (
        id TEXT PRIMARY KEY,
        type TEXT NOT NULL,
        entity TEXT NOT NULL,
        tracks_orders INTEGER NOT NULL CHECK (tracks_orders IN (0, 1))
    ) STRICT, WITHOUT ROWID;
INSERT INTO "pair" VALUES('sheets:one','sheets','orders',1);
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
CREATE TABLE snapshot_dictionary (dictionary_id INTEGER PRIMARY KEY, content BLOB NOT NULL) STRICT;
CREATE TABLE source (name TEXT PRIMARY KEY, kind TEXT NOT NULL, data TEXT NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO "source" VALUES('shopify','shopify','{"domain": "one.myshopify.com", "id": "1"}');
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
    , pair TEXT NOT NULL DEFAULT '') STRICT;
INSERT INTO "sync_errors" VALUES(1,'fetch','9007199254740999','#1002','held back','an order was held back','',2,'2026-09-02T11:00:00Z','2026-09-03T11:00:00Z',1,1,NULL,NULL,'');
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
    , round INTEGER, wanted_by TEXT NOT NULL DEFAULT '') STRICT;
INSERT INTO "sync_history" VALUES(1,'sheets:one','full','2026-09-02T11:00:00Z','2026-09-02T11:00:02Z',0,'',0,'{}','[]','dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd','0.1.0',NULL,'');
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
CREATE INDEX pair_by_type ON pair (type);
CREATE UNIQUE INDEX link_by_left ON link (pair, left_id);
CREATE UNIQUE INDEX link_by_right ON link (pair, right_id);
CREATE INDEX stretch_by_first ON number_stretch (first);
CREATE TRIGGER number_goes AFTER DELETE ON order_tracking WHEN OLD.number IS NOT NULL AND (SELECT count(*) FROM (SELECT 1 FROM order_tracking WHERE number = OLD.number LIMIT 101)) + 1 <= 100 BEGIN 
    INSERT INTO number_stretch
      SELECT times, OLD.number + 1, last FROM number_stretch
      WHERE times = (SELECT count(*) FROM (SELECT 1 FROM order_tracking WHERE number = OLD.number LIMIT 101)) + 1 AND last > OLD.number
        AND first = (SELECT max(first) FROM number_stretch WHERE times = (SELECT count(*) FROM (SELECT 1 FROM order_tracking WHERE number = OLD.number LIMIT 101)) + 1 AND first <= OLD.number);
    UPDATE number_stretch SET last = OLD.number - 1
      WHERE times = (SELECT count(*) FROM (SELECT 1 FROM order_tracking WHERE number = OLD.number LIMIT 101)) + 1 AND last >= OLD.number
        AND first = (SELECT max(first) FROM number_stretch WHERE times = (SELECT count(*) FROM (SELECT 1 FROM order_tracking WHERE number = OLD.number LIMIT 101)) + 1 AND first < OLD.number);
    DELETE FROM number_stretch WHERE times = (SELECT count(*) FROM (SELECT 1 FROM order_tracking WHERE number = OLD.number LIMIT 101)) + 1 AND first = OLD.number; END;
CREATE TRIGGER number_given_up AFTER UPDATE OF number ON order_tracking WHEN NEW.number IS NOT OLD.number AND OLD.number IS NOT NULL AND (SELECT count(*) FROM (SELECT 1 FROM order_tracking WHERE number = OLD.number LIMIT 101)) + 1 <= 100 BEGIN 
    INSERT INTO number_stretch
      SELECT times, OLD.number + 1, last FROM number_stretch
      WHERE times = (SELECT count(*) FROM (SELECT 1 FROM order_tracking WHERE number = OLD.number LIMIT 101)) + 1 AND last > OLD.number
        AND first = (SELECT max(first) FROM number_stretch WHERE times = (SELECT count(*) FROM (SELECT 1 FROM order_tracking WHERE number = OLD.number LIMIT 101)) + 1 AND first <= OLD.number);
    UPDATE number_stretch SET last = OLD.number - 1
      WHERE times = (SELECT count(*) FROM (SELECT 1 FROM order_tracking WHERE number = OLD.number LIMIT 101)) + 1 AND last >= OLD.number
        AND first = (SELECT max(first) FROM number_stretch WHERE times = (SELECT count(*) FROM (SELECT 1 FROM order_tracking WHERE number = OLD.number LIMIT 101)) + 1 AND first < OLD.number);
    DELETE FROM number_stretch WHERE times = (SELECT count(*) FROM (SELECT 1 FROM order_tracking WHERE number = OLD.number LIMIT 101)) + 1 AND first = OLD.number; END;
CREATE TRIGGER number_taken AFTER UPDATE OF number ON order_tracking WHEN NEW.number IS NOT OLD.number AND NEW.number IS NOT NULL AND NOT EXISTS (SELECT 1 FROM order_tracking WHERE number = NEW.number LIMIT 1 OFFSET 1) BEGIN 
    INSERT INTO number_stretch VALUES (
      1,
      coalesce((SELECT CASE last WHEN NEW.number - 1 THEN first END FROM number_stretch
                WHERE times = 1 AND first < NEW.number ORDER BY first DESC LIMIT 1), NEW.number),
      coalesce((SELECT last FROM number_stretch WHERE times = 1 AND first = NEW.number + 1), NEW.number))
      ON CONFLICT (times, first) DO UPDATE SET last = excluded.last;
    DELETE FROM number_stretch WHERE times = 1 AND first = NEW.number + 1; END;
CREATE TRIGGER number_shared AFTER UPDATE OF number ON order_tracking WHEN NEW.number IS NOT OLD.number AND NEW.number IS NOT NULL AND (SELECT count(*) FROM (SELECT 1 FROM order_tracking WHERE number = NEW.number LIMIT 101)) BETWEEN 2 AND 100 BEGIN 
    INSERT INTO number_stretch VALUES (
      (SELECT count(*) FROM (SELECT 1 FROM order_tracking WHERE number = NEW.number LIMIT 101)),
      coalesce((SELECT CASE last WHEN NEW.number - 1 THEN first END FROM number_stretch
                WHERE times = (SELECT count(*) FROM (SELECT 1 FROM order_tracking WHERE number = NEW.number LIMIT 101)) AND first < NEW.number ORDER BY first DESC LIMIT 1), NEW.number),
      coalesce((SELECT last FROM number_stretch WHERE times = (SELECT count(*) FROM (SELECT 1 FROM order_tracking WHERE number = NEW.number LIMIT 101)) AND first = NEW.number + 1), NEW.number))
      ON CONFLICT (times, first) DO UPDATE SET last = excluded.last;
    DELETE FROM number_stretch WHERE times = (SELECT count(*) FROM (SELECT 1 FROM order_tracking WHERE number = NEW.number LIMIT 101)) AND first = NEW.number + 1; END;
CREATE TRIGGER order_comes AFTER INSERT ON order_tracking BEGIN
        UPDATE order_count SET orders = orders + 1 WHERE state = NEW.status; END;
CREATE TRIGGER order_goes AFTER DELETE ON order_tracking BEGIN
        UPDATE order_count SET orders = orders - 1 WHERE state = OLD.status; END;
CREATE TRIGGER order_turns AFTER UPDATE OF status ON order_tracking WHEN NEW.status <> OLD.status BEGIN
        UPDATE order_count SET orders = orders - 1 WHERE state = OLD.status;
        UPDATE order_count SET orders = orders + 1 WHERE state = NEW.status; END;
CREATE TRIGGER order_waits AFTER INSERT ON pending BEGIN
        UPDATE order_count SET orders = orders + 1 WHERE state = 'waiting'; END;
CREATE TRIGGER order_settled AFTER DELETE ON pending BEGIN
        UPDATE order_count SET orders = orders - 1 WHERE state = 'waiting'; END;
CREATE INDEX history_open ON sync_history (run_id) WHERE ended_at IS NULL;
CREATE INDEX error_by_end ON sync_errors (resolved_at) WHERE resolved_at IS NOT NULL;
CREATE UNIQUE INDEX one_open_error ON sync_errors (stage, order_id, pair, cause) WHERE resolved_at IS NULL;
CREATE TRIGGER number_follows AFTER INSERT ON order_tracking WHEN (SELECT last FROM number_stretch WHERE times = 1 AND first <= NEW.number ORDER BY first DESC LIMIT 1) = NEW.number - 1 BEGIN 
    UPDATE number_stretch SET last = coalesce((SELECT last FROM number_stretch WHERE times = 1 AND first = NEW.number + 1), NEW.number) WHERE times = 1
      AND first = (SELECT max(first) FROM number_stretch WHERE times = 1 AND first <= NEW.number);
    DELETE FROM number_stretch WHERE times = 1 AND first = NEW.number + 1; END;
CREATE TRIGGER number_begins AFTER INSERT ON order_tracking WHEN NEW.number IS NOT NULL AND coalesce((SELECT last FROM number_stretch WHERE times = 1 AND first <= NEW.number ORDER BY first DESC LIMIT 1), NEW.number - 2) < NEW.number - 1 BEGIN 
    INSERT INTO number_stretch VALUES (1, NEW.number, coalesce((SELECT last FROM number_stretch WHERE times = 1 AND first = NEW.number + 1), NEW.number));
    DELETE FROM number_stretch WHERE times = 1 AND first = NEW.number + 1; END;
CREATE TRIGGER repeat_follows AFTER INSERT ON order_tracking WHEN NEW.number IS NOT NULL AND EXISTS (SELECT 1 FROM order_tracking WHERE number = NEW.number LIMIT 1 OFFSET 1)
    AND (SELECT count(*) FROM (SELECT 1 FROM order_tracking WHERE number = NEW.number LIMIT 101)) <= 100 AND (SELECT last FROM number_stretch WHERE times = (SELECT count(*) FROM (SELECT 1 FROM order_tracking WHERE number = NEW.number LIMIT 101)) AND first <= NEW.number ORDER BY first DESC LIMIT 1) = NEW.number - 1 BEGIN 
    UPDATE number_stretch SET last = coalesce((SELECT last FROM number_stretch WHERE times = (SELECT count(*) FROM (SELECT 1 FROM order_tracking WHERE number = NEW.number LIMIT 101)) AND first = NEW.number + 1), NEW.number) WHERE times = (SELECT count(*) FROM (SELECT 1 FROM order_tracking WHERE number = NEW.number LIMIT 101))
      AND first = (SELECT max(first) FROM number_stretch WHERE times = (SELECT count(*) FROM (SELECT 1 FROM order_tracking WHERE number = NEW.number LIMIT 101)) AND first <= NEW.number);
    DELETE FROM number_stretch WHERE times = (SELECT count(*) FROM (SELECT 1 FROM order_tracking WHERE number = NEW.number LIMIT 101)) AND first = NEW.number + 1; END;
CREATE TRIGGER repeat_begins AFTER INSERT ON order_tracking WHEN NEW.number IS NOT NULL AND EXISTS (SELECT 1 FROM order_tracking WHERE number = NEW.number LIMIT 1 OFFSET 1)
    AND (SELECT count(*) FROM (SELECT 1 FROM order_tracking WHERE number = NEW.number LIMIT 101)) <= 100 AND coalesce((SELECT last FROM number_stretch WHERE times = (SELECT count(*) FROM (SELECT 1 FROM order_tracking WHERE number = NEW.number LIMIT 101)) AND first <= NEW.number ORDER BY first DESC LIMIT 1), NEW.number - 2) < NEW.number - 1 BEGIN 
    INSERT INTO number_stretch VALUES ((SELECT count(*) FROM (SELECT 1 FROM order_tracking WHERE number = NEW.number LIMIT 101)), NEW.number, coalesce((SELECT last FROM number_stretch WHERE times = (SELECT count(*) FROM (SELECT 1 FROM order_tracking WHERE number = NEW.number LIMIT 101)) AND first = NEW.number + 1), NEW.number));
    DELETE FROM number_stretch WHERE times = (SELECT count(*) FROM (SELECT 1 FROM order_tracking WHERE number = NEW.number LIMIT 101)) AND first = NEW.number + 1; END;
COMMIT;
