-- The ledger: events, claims, snapshots and documents, and the functions through which they are written and read.
-- Nobody but the owner holds a right to insert, update or delete here: commands go through the functions.

create table ledger.event (
  position     bigint      not null,
  tenant       text collate "C" not null,
  owner        text collate "C" not null,
  stream       text collate "C" not null,
  version      bigint      not null check (version >= 0),
  topic        text collate "C" not null,
  state        bytea       not null,
  actor        text collate "C" not null,
  command      text collate "C" not null,
  correlation  text collate "C" not null,
  ordinal      integer     not null,
  command_size integer,              -- on the command's first event only: how many events it has
  digest       bytea,                -- on the command's first event only: fingerprint of the command's input (HMAC)
  recorded_at  timestamptz not null,
  primary key (stream, version),
  check (starts_with(stream, tenant || '/' || owner || '/')),
  check ((ordinal = 0) = (command_size is not null))
);
comment on table ledger.event is 'Everything that happened. position is commit order: follow position > n and nothing is skipped.';
create unique index event_position on ledger.event (position);
create unique index event_command on ledger.event (tenant, owner, actor, command) where ordinal = 0;
create index event_tenant on ledger.event (tenant, position);

create table ledger.claim (
  tenant text collate "C" not null,
  kind   text collate "C" not null,
  key    text collate "C" not null,
  stream text collate "C" not null,
  primary key (tenant, kind, key)
);
comment on table ledger.claim is 'What is unique across the streams of a tenant, and the stream that holds it.';

create table ledger.snapshot (
  stream  text collate "C" primary key,
  version bigint not null,
  topic   text collate "C" not null,
  state   bytea not null
);
comment on table ledger.snapshot is 'The latest snapshot of a stream: disposable, and without personal data.';

create table ledger.document (
  digest     bytea primary key check (octet_length(digest) = 32),
  media_type text not null,
  content    bytea not null check (sha256(content) = digest),
  stored_at  timestamptz not null default clock_timestamp()
);
comment on table ledger.document is 'Immutable documents by SHA-256; an event carries the digest.';
alter table ledger.document alter column content set storage external;

alter table ledger.event enable row level security;
alter table ledger.claim enable row level security;
alter table ledger.snapshot enable row level security;
alter table ledger.document enable row level security;
create policy project on ledger.event for select to beffroi_project using (true);
create policy project on ledger.document for select to beffroi_project using (true);
create policy organisation on ledger.event for select to beffroi_organisation
  using (owner = any ((select string_to_array(current_setting('beffroi.owners', true), ','))::text[]));
create policy place on ledger.event for select to beffroi_place
  using (tenant = any ((select string_to_array(current_setting('beffroi.tenants', true), ','))::text[])
     and owner = any ((select string_to_array(current_setting('beffroi.owners', true), ','))::text[]));

grant usage on schema ledger to beffroi_append, beffroi_project, beffroi_organisation, beffroi_place;
grant select on ledger.event, ledger.document to beffroi_project;
grant select on ledger.event to beffroi_organisation, beffroi_place;

-- Appends a group of commands and answers each. Arrays of events are in command order; a command's events are neighbours.
-- answer: recorded | receipt (done before: its positions) | reused (its id, another input) | conflict (a lost race) | claimed.
-- The advisory lock makes position commit order: it is released only once the rows are visible.
create function ledger.ledger_append(
  of_command integer[], streams text[], versions bigint[], topics text[], states bytea[],
  actors text[], commands text[], correlations text[], ordinals integer[], sizes integer[], digests bytea[], instants timestamptz[],
  take_of integer[], take_tenant text[], take_kind text[], take_key text[], take_stream text[],
  release_of integer[], release_tenant text[], release_kind text[], release_key text[], release_stream text[]
) returns table (command_index integer, answer text, first_position bigint, last_position bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  base bigint;
  next_position bigint;
  total integer := cardinality(of_command);
  low integer := 1;
  high integer;
  current integer;
  released integer;
  earlier record;
  violated text;
begin
  perform pg_advisory_xact_lock(7301);
  select coalesce(max(position), 0) into base from ledger.event;
  begin
    -- Nearly always every command of the group is new: one insert for all.
    insert into ledger.event
      select base + e.i, split_part(e.stream, '/', 1), split_part(e.stream, '/', 2), e.stream, e.version, e.topic, e.state,
             e.actor, e.command, e.correlation, e.ordinal, e.size, e.digest, e.at
      from unnest(streams, versions, topics, states, actors, commands, correlations, ordinals, sizes, digests, instants)
           with ordinality as e (stream, version, topic, state, actor, command, correlation, ordinal, size, digest, at, i);
    if cardinality(release_of) > 0 then
      -- Within a group nothing may take what a later command releases: then they are done one by one.
      if exists (select from unnest(take_of, take_tenant, take_kind, take_key) as t (c, tenant, kind, key)
                 join unnest(release_of, release_tenant, release_kind, release_key) as r (c, tenant, kind, key)
                   using (tenant, kind, key) where t.c < r.c) then
        raise unique_violation using constraint = 'claim_pkey';
      end if;
      delete from ledger.claim c
        using unnest(release_tenant, release_kind, release_key, release_stream) as r (tenant, kind, key, stream)
        where c.tenant = r.tenant and c.kind = r.kind and c.key = r.key and c.stream = r.stream;
      get diagnostics released = row_count;
      if released <> cardinality(release_of) then
        raise unique_violation using constraint = 'claim_pkey';
      end if;
    end if;
    if cardinality(take_of) > 0 then
      insert into ledger.claim select * from unnest(take_tenant, take_kind, take_key, take_stream);
    end if;
    return query select 0, 'recorded'::text, base + 1, base + total;
    return;
  exception when unique_violation then
    null;
  end;

  next_position := base;
  while low <= total loop
    current := of_command[low];
    high := low;
    while high < total and of_command[high + 1] = current loop
      high := high + 1;
    end loop;
    select e.position, e.digest, e.command_size into earlier from ledger.event e
      where e.tenant = split_part(streams[low], '/', 1) and e.owner = split_part(streams[low], '/', 2)
        and e.actor = actors[low] and e.command = commands[low] and e.ordinal = 0;
    if found then
      return query select current, case when earlier.digest = digests[low] then 'receipt' else 'reused' end,
                          earlier.position, earlier.position + earlier.command_size - 1;
    else
      begin
        insert into ledger.event
          select next_position + g - low + 1, split_part(streams[g], '/', 1), split_part(streams[g], '/', 2), streams[g], versions[g],
                 topics[g], states[g], actors[g], commands[g], correlations[g], ordinals[g], sizes[g], digests[g], instants[g]
          from generate_series(low, high) as g;
        if current = any (release_of) then
          delete from ledger.claim c
            using unnest(release_of, release_tenant, release_kind, release_key, release_stream) as r (c, tenant, kind, key, stream)
            where r.c = current and c.tenant = r.tenant and c.kind = r.kind and c.key = r.key and c.stream = r.stream;
          get diagnostics released = row_count;
          if released <> (select count(*) from unnest(release_of) as r (c) where r.c = current) then
            raise unique_violation using constraint = 'claim_pkey';
          end if;
        end if;
        if current = any (take_of) then
          insert into ledger.claim
            select t.tenant, t.kind, t.key, t.stream
            from unnest(take_of, take_tenant, take_kind, take_key, take_stream) as t (c, tenant, kind, key, stream)
            where t.c = current;
        end if;
        return query select current, 'recorded'::text, next_position + 1, next_position + high - low + 1;
        next_position := next_position + high - low + 1;
      exception when unique_violation then
        get stacked diagnostics violated = constraint_name;
        return query select current, case when violated = 'claim_pkey' then 'claimed' else 'conflict' end, null::bigint, null::bigint;
      end;
    end if;
    low := high + 1;
  end loop;
end $$;

-- One stream: its latest snapshot under the name asked for (null: none), then the events after it, oldest first.
create function ledger.ledger_stream(of_stream text, snapshot_topic text, after bigint, until bigint)
returns table (version bigint, topic text, state bytea, recorded_at timestamptz, is_snapshot boolean)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
  start bigint := after;
  taken record;
begin
  if snapshot_topic is not null then
    select s.version, s.topic, s.state into taken from ledger.snapshot s
      where s.stream = of_stream and s.topic = snapshot_topic and (until is null or s.version <= until)
        and (start is null or s.version > start);
    if found then
      start := taken.version;
      return query select taken.version, taken.topic, taken.state, null::timestamptz, true;
    end if;
  end if;
  return query select e.version, e.topic, e.state, e.recorded_at, false from ledger.event e
    where e.stream = of_stream and (start is null or e.version > start) and (until is null or e.version <= until)
    order by e.version;
end $$;

-- Keeps the newest snapshot of a stream; an older one than is there is ignored.
create function ledger.ledger_snapshot(of_stream text, at_version bigint, under_topic text, with_state bytea) returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
  insert into ledger.snapshot as s (stream, version, topic, state) values (of_stream, at_version, under_topic, with_state)
  on conflict (stream) do update set version = excluded.version, topic = excluded.topic, state = excluded.state
    where excluded.version > s.version or excluded.topic <> s.topic;
$$;

-- The receipt of a command that was recorded before, or no row.
create function ledger.ledger_receipt(of_tenant text, of_owner text, of_actor text, of_command text)
returns table (first_position bigint, last_position bigint, digest bytea, stream text)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select e.position, e.position + e.command_size - 1, e.digest, e.stream from ledger.event e
  where e.tenant = of_tenant and e.owner = of_owner and e.actor = of_actor and e.command = of_command and e.ordinal = 0;
$$;

create function ledger.ledger_document_put(with_digest bytea, with_media_type text, with_content bytea) returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
  insert into ledger.document (digest, media_type, content) values (with_digest, with_media_type, with_content)
  on conflict (digest) do nothing;
$$;

create function ledger.ledger_document(of_digest bytea) returns table (media_type text, content bytea)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select d.media_type, d.content from ledger.document d where d.digest = of_digest;
$$;

revoke all on all functions in schema ledger from public;
grant execute on all functions in schema ledger to beffroi_append;
