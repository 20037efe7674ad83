-- Views: which versions exist, how far each has come, and which one readers use.
create table projection.view_version (
  view       text not null,
  version    integer not null,
  build      integer not null,      -- a rebuild of the same version is the next build, in a schema of its own
  schema     text not null unique,
  state      text not null check (state in ('building', 'ready', 'active', 'retired')),
  position   bigint not null default 0 check (position >= 0),
  until      bigint,                -- a rebuild's frozen checkpoint
  poisoned_at bigint,               -- the position of the event that stopped it
  error      text,
  started_at timestamptz not null default clock_timestamp(),
  moved_at   timestamptz not null default clock_timestamp(),
  retired_at timestamptz,
  primary key (view, version, build)
);
create unique index view_version_active on projection.view_version (view) where state = 'active';
comment on column projection.view_version.position is 'Moved by compare-and-set in the transaction that writes the rows.';

-- How far workers with effects have come (judge, calendar, outbox): moved after the effect.
create table projection.follower (
  name      text primary key,
  position  bigint not null default 0,
  error     text,
  moved_at  timestamptz not null default clock_timestamp()
);

grant usage on schema projection to beffroi_project, beffroi_request, beffroi_organisation, beffroi_place, beffroi_operator;
grant select, insert, update, delete on projection.view_version, projection.follower to beffroi_project;
grant select on projection.view_version to beffroi_request, beffroi_organisation, beffroi_place, beffroi_operator;
grant select on projection.follower to beffroi_operator;
