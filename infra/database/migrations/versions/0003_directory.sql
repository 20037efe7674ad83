-- Public reference data: it holds nobody's data, so it has no row-level security. Written by the owner alone.
create table directory.vintage (
  loading   integer generated always as identity primary key, -- the highest one is in force
  package   text not null,
  version   text not null,
  year      integer,
  digest    text not null,                                     -- of the data and of the way it is indexed
  communes  integer not null,
  loaded_at timestamptz not null default clock_timestamp()
);

create table directory.commune (
  code            text collate "C" primary key check (code ~ '^([0-9]{2}|2[AB])[0-9]{3}$'),
  name            text not null,
  department_code text collate "C" not null,
  department_name text not null,
  region_code     text collate "C" not null,
  region_name     text not null,
  epci_siren      text collate "C",
  epci_name       text,
  siren           text collate "C",
  population      integer check (population >= 0),             -- null: not published, which is not 0
  postcodes       text[] collate "C" not null,
  rank            integer not null unique,                     -- by population, the largest first
  check ((epci_siren is null) = (epci_name is null))
);

-- Former communes and municipal arrondissements: codes and names that lead to a commune.
create table directory.part (
  code       text collate "C" primary key check (code ~ '^([0-9]{2}|2[AB])[0-9]{3}$'),
  name       text,
  kind       text not null check (kind in ('delegated', 'associated', 'former', 'arrondissement')),
  commune    text collate "C" not null references directory.commune,
  number     integer,
  population integer check (population >= 0),
  postcodes  text[] collate "C" not null,
  check ((kind = 'arrondissement') = (number is not null))
);
create index part_commune on directory.part (commune, number);

-- What follows is the index of the search, filled together with the tables above.
create table directory.postcode (
  postcode text collate "C" not null,
  commune  text collate "C" not null,
  part     text collate "C",                                   -- the arrondissement that has this postcode
  rank     integer not null,
  primary key (postcode, commune) include (rank)
);

create table directory.name (
  position integer primary key,                                -- the order of presentation: see load.py
  key      text collate "C" not null,
  commune  text collate "C" not null,
  part     text collate "C"                                    -- null: the commune's own name
);
create index name_key on directory.name (key);
create index name_commune on directory.name (commune);

create table directory.word (
  word     text collate "C" not null,
  position integer not null,
  rank     integer not null,
  linking  boolean not null,                                   -- "de", "sur"… inside a name
  primary key (word, position) include (rank, linking)
);

grant select on all tables in schema directory
  to beffroi_request, beffroi_project, beffroi_organisation, beffroi_place, beffroi_operator;
