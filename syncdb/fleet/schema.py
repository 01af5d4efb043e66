"""The tables of a fleet, beside those of procrastinate. Each statement may be run again."""

TABLES = """
create table if not exists fleet_shops (
    name text primary key,
    home text not null,
    every_minutes integer not null,
    buckets text[] not null default '{}',
    token bigint not null default 1,
    due_at timestamptz not null default now(),
    wanted_at timestamptz,
    paused text not null default '',
    failures integer not null default 0,
    started_at timestamptz,
    ended_at timestamptz,
    worker text not null default '',
    exit_code integer,
    told text not null default '',
    done_at timestamptz,
    runs bigint not null default 0
);
create index if not exists fleet_shops_due on fleet_shops (home, due_at) where paused = '';
create table if not exists fleet_dropped (name text primary key, at timestamptz not null default now());
create table if not exists fleet_buckets (name text primary key, runs_at_once integer not null);
alter table fleet_buckets add column if not exists system text not null default '', add column if not exists requests integer;
create table if not exists fleet_requests (
    bucket text not null, kind text not null, sent timestamptz[] not null default '{}', primary key (bucket, kind)
);
create table if not exists fleet_workers (
    name text primary key, home text not null, slots integer not null, seen_at timestamptz not null default now()
);
alter table fleet_workers add column if not exists version text not null default '';
-- 0 and one more request of each bucket and kind is counted, or in how many seconds to ask again: one of them is full
create or replace function fleet_take(buckets text[], kinds text[], most integer[], spans double precision[])
returns double precision language plpgsql as $$
declare
    pause double precision := 0;
    held text;
    instant timestamptz;
    oldest timestamptz;
begin
    for held in select distinct one from unnest(buckets) one order by one loop
        perform pg_advisory_xact_lock(hashtextextended('requests:' || held, 0));
    end loop;
    instant := clock_timestamp();
    for number in 1 .. cardinality(buckets) loop
        select one into oldest from fleet_requests request, unnest(request.sent) one
            where request.bucket = buckets[number] and request.kind = kinds[number]
              and one > instant - make_interval(secs => spans[number])
            order by one desc offset most[number] - 1 limit 1;
        if found then
            pause := greatest(pause, extract(epoch from oldest + make_interval(secs => spans[number]) - instant));
        end if;
    end loop;
    if pause > 0 then
        return pause;
    end if;
    for number in 1 .. cardinality(buckets) loop
        insert into fleet_requests values (buckets[number], kinds[number], array[instant])
        on conflict (bucket, kind) do update set sent = instant || array(
            select one from unnest(fleet_requests.sent) one where one > instant - make_interval(secs => spans[number]));
    end loop;
    return 0;
end $$;
"""
TAKE = """
select fleet_take(%(buckets)s::text[], %(kinds)s::text[], %(most)s::integer[], %(spans)s::double precision[]) as pause
"""
# what a run sent while it could not ask
SENT = """
insert into fleet_requests values (%(bucket)s, %(kind)s, array[now() - make_interval(secs => %(ago)s)])
on conflict (bucket, kind) do update set sent = fleet_requests.sent || excluded.sent
"""
FORGET = "delete from fleet_requests where not exists (select 1 from unnest(sent) one where one > now() - interval '1 hour')"
# those that wait in line or are at it already are left out: a wish that comes meanwhile is one with theirs
DUE = """
select shop.name, shop.token from fleet_shops shop
where shop.home = %(home)s and shop.paused = '' and shop.due_at <= now()
  and not exists (select 1 from procrastinate_jobs job
                  where job.lock = 'shop:' || shop.name and job.status in ('todo', 'doing'))
order by shop.due_at, shop.name limit %(most)s
"""
# due still: a worker that looked before another had run it may have put it in line once more
BEGIN = """
update fleet_shops set started_at = now(), worker = %(worker)s
where name = %(name)s and token = %(token)s and home = %(home)s and paused = '' and due_at <= now()
returning every_minutes, failures, buckets
"""
# a wish that came while it ran is carried out next; the token says whether the shop is still this worker's business
END = """
update fleet_shops set ended_at = now(), exit_code = %(code)s, told = %(told)s, failures = %(failures)s,
    paused = case when paused = '' then %(paused)s else paused end, -- whoever paused it meanwhile has the last word
    due_at = case when wanted_at > started_at then now() else %(due)s end,
    done_at = case when %(done)s then now() else done_at end, runs = runs + 1
where name = %(name)s and token = %(token)s
"""
LATER = "update fleet_shops set due_at = now() + %(wait)s where name = %(name)s and token = %(token)s"
STATUS = """
select shop.*, extract(epoch from now() - due_at) as late, exists (
    select 1 from procrastinate_jobs job where job.lock = 'shop:' || shop.name and job.status = 'doing') as running
from fleet_shops shop order by paused = '', failures desc, due_at, name
"""
HOMES = """
select home, count(*) as shops, coalesce(max(workers), 0) as workers, coalesce(max(slots), 0) as slots, min(seen) as seen,
    coalesce(max(versions), '{}') as versions
from fleet_shops shop left join lateral (
    select count(*) filter (where alive) as workers, sum(slots) filter (where alive) as slots, min(ago) as seen,
        array_agg(distinct version) filter (where alive and version <> '') as versions from (
        select slots, version, extract(epoch from now() - seen_at) as ago, seen_at > now() - interval '30 seconds' as alive
        from fleet_workers worker where worker.home = shop.home) known
) worker on true group by home order by home
"""
SILENCE = """
select pg_terminate_backend(pid) from pg_stat_activity
where application_name = %(application)s and datname = current_database() and pid <> pg_backend_pid()
"""
SILENT = """
select 1 from procrastinate_jobs job left join procrastinate_workers worker on worker.id = job.worker_id
where job.status = 'doing' and (worker.id is null or worker.last_heartbeat < now() - make_interval(secs => %(seconds)s)) limit 1
"""
