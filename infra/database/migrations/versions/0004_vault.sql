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
-- `whose` is tenant/owner/person, as a stream's name begins.
create function vault.vault_keep(whose text[], wrappeds bytea[]) returns table (whose_key text, wrapped bytea)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  insert into vault.person_key (tenant, owner, person, wrapped)
    select split_part(w.name, '/', 1), split_part(w.name, '/', 2), split_part(w.name, '/', 3), w.key
    from unnest(whose, wrappeds) as w (name, key) on conflict do nothing;
  return query select * from vault.vault_keys(whose);
end $$;

create function vault.vault_keys(whose text[]) returns table (whose_key text, wrapped bytea)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select w.name, k.wrapped from unnest(whose) as w (name)
    join vault.person_key k
      on k.tenant = split_part(w.name, '/', 1) collate "C" and k.owner = split_part(w.name, '/', 2) collate "C"
     and k.person = split_part(w.name, '/', 3) collate "C";
$$;

revoke all on all functions in schema vault from public;
grant usage on schema vault to beffroi_append, beffroi_project;
grant execute on function vault.vault_keep(text[], bytea[]) to beffroi_append;
grant execute on function vault.vault_keys(text[]) to beffroi_append, beffroi_project;
