-- The outbox: every mail that was decided, before it is sent, and what each account wants to receive.
create schema outbox;

create table outbox.mail (
  id          bigint generated always as identity primary key,
  position    bigint not null check (position > 0),           -- of the event it tells of
  account     text collate "C" not null references identity.account on delete cascade,
  kind        text collate "C" not null,                      -- the event's topic
  to_address  text not null,
  subject     text not null,
  text        text not null,
  html        text not null,
  message_id  text not null,
  made_at     timestamptz not null,
  sent_at     timestamptz,
  attempts    integer not null default 0,
  error       text,                                           -- what the server said last
  next_try_at timestamptz,                                    -- null once it is sent, or was refused for good
  unique (position, account, kind),
  check (sent_at is null or next_try_at is null)
);
create index mail_waiting on outbox.mail (next_try_at) where next_try_at is not null;
create index mail_refused on outbox.mail (id) where sent_at is null and next_try_at is null;
create index mail_account on outbox.mail (account, position);

create table outbox.preference (
  account  text collate "C" not null references identity.account on delete cascade,
  category text collate "C" not null check (category in ('alertes', 'tarifs', 'conventions', 'echeances')),
  wanted   boolean not null,
  primary key (account, category)
);

alter table outbox.mail enable row level security;
alter table outbox.preference enable row level security;

-- The worker writes mails and what became of them; what was written to somebody stays as it was written.
create policy project on outbox.mail to beffroi_project using (true) with check (true);
grant usage on schema outbox to beffroi_project, beffroi_request;
grant select on outbox.mail to beffroi_project;
grant insert (position, account, kind, to_address, subject, text, html, message_id, made_at, next_try_at)
  on outbox.mail to beffroi_project;
grant update (sent_at, attempts, error, next_try_at) on outbox.mail to beffroi_project;

-- The open accounts of one organisation that want mails of a category: wanted until somebody says otherwise.
create function outbox.recipients(of_organisation text, of_category text)
returns table (account text, email text, name text)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select a.id, a.email, a.name from identity.account a
  left join outbox.preference p on p.account = a.id and p.category = of_category
  where a.organisation = of_organisation and a.disabled_at is null and coalesce(p.wanted, true)
  order by a.id;
$$;

-- A request sees the mails and preferences of one account: the one who asks.
create function outbox.mails_of(of_account text, most integer)
returns table ("position" bigint, kind text, to_address text, subject text, made_at timestamptz, sent_at timestamptz,
               next_try_at timestamptz)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select m.position, m.kind, m.to_address, m.subject, m.made_at, m.sent_at, m.next_try_at
  from outbox.mail m where m.account = of_account order by m.position desc, m.id desc limit most;
$$;

create function outbox.mail_of(of_account text, at bigint)
returns table ("position" bigint, account text, kind text, to_address text, subject text, text text, html text,
               message_id text, made_at timestamptz)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select m.position, m.account, m.kind, m.to_address, m.subject, m.text, m.html, m.message_id, m.made_at
  from outbox.mail m where m.account = of_account and m.position = at order by m.id limit 1;
$$;

create function outbox.preferences_of(of_account text) returns table (category text, wanted boolean)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select p.category, p.wanted from outbox.preference p where p.account = of_account;
$$;

-- False when there is no such account any more.
create function outbox.preference_set(of_account text, of_category text, is_wanted boolean) returns boolean
language sql security definer set search_path = pg_catalog, pg_temp as $$
  with kept as (
    insert into outbox.preference (account, category, wanted)
      select a.id, of_category, is_wanted from identity.account a where a.id = of_account
      on conflict (account, category) do update set wanted = excluded.wanted returning 1)
  select exists (select from kept);
$$;

revoke all on all functions in schema outbox from public;
grant execute on function outbox.recipients(text, text) to beffroi_project;
grant execute on function outbox.mails_of(text, integer), outbox.mail_of(text, bigint), outbox.preferences_of(text),
  outbox.preference_set(text, text, boolean) to beffroi_request;
