-- One key per person, wrapped by the master key. Destroying a row makes every sealed field of that person unreadable.
create table vault.person_key (
  tenant  text collate "C" not null,
  owner   text collate "C" not null,
  person  text collate "C" not null,
  wrapped bytea not null,
  made_at timestamptz not null default clock_timestamp(),
  primary key (tenant, owner, person)
);
alter table vault.person_key enable row level security;

-- Keeps the given wrapped keys where a person has none yet, and returns the key each person has now.
create function vault.vault_keep(tenants text[], owners text[], persons text[], wrappeds bytea[])
returns table (tenant text, owner text, person text, wrapped bytea)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
  insert into vault.person_key (tenant, owner, person, wrapped)
    select * from unnest(tenants, owners, persons, wrappeds) on conflict do nothing;
  return query select k.tenant::text, k.owner::text, k.person::text, k.wrapped from vault.person_key k
    join unnest(tenants, owners, persons) as w (tenant, owner, person)
      on k.tenant = w.tenant and k.owner = w.owner and k.person = w.person;
end $$;

create function vault.vault_keys(tenants text[], owners text[], persons text[])
returns table (tenant text, owner text, person text, wrapped bytea)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select k.tenant, k.owner, k.person, k.wrapped from vault.person_key k
    join unnest(tenants, owners, persons) as w (tenant, owner, person)
      on k.tenant = w.tenant collate "C" and k.owner = w.owner collate "C" and k.person = w.person collate "C";
$$;

revoke all on all functions in schema vault from public;
grant usage on schema vault to beffroi_append, beffroi_project;
grant execute on function vault.vault_keep(text[], text[], text[], bytea[]) to beffroi_append;
grant execute on function vault.vault_keys(text[], text[], text[]) to beffroi_append, beffroi_project;
