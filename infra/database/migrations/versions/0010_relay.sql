-- The relay that copies the ledger's feed to Kafka, and how far views have come with each partition of it.

-- One relay is active: the holder of the lease. Another takes the lease, with the next epoch, once it was not renewed.
create table projection.relay (
  name       text primary key,
  position   bigint not null default 0,  -- every event up to here was acknowledged by the brokers
  holder     text,
  epoch      bigint not null default 0,
  renewed_at timestamptz,
  moved_at   timestamptz not null default clock_timestamp(),
  error      text
);

-- The last event that was relayed into each partition, moved together with the position above.
create table projection.relay_partition (
  relay     text not null references projection.relay (name) on delete cascade,
  partition integer not null,
  position  bigint not null,
  primary key (relay, partition)
);

-- A build follows the store, and its position is its checkpoint; or it follows Kafka, and has a checkpoint for each
-- partition: everything up to `position` is applied, and `next_offset` is where to read on (null: not known).
-- Then its own position is what is certain for all partitions together.
alter table projection.view_version
  add column feed text not null default 'store' check (feed in ('store', 'kafka'));

create table projection.view_partition (
  schema      text not null references projection.view_version (schema) on delete cascade,
  partition   integer not null,
  next_offset bigint,
  position    bigint not null,
  primary key (schema, partition)
) with (fillfactor = 50);

grant select, insert, update, delete on projection.relay, projection.relay_partition, projection.view_partition
  to beffroi_project;
grant select on projection.relay, projection.relay_partition, projection.view_partition to beffroi_operator;
