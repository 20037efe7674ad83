-- Who may sign in, for whom, and what they are signed in with. Nobody but the owner reads or writes these tables:
-- a request goes through the functions below, each of which answers one question about one account or session.

create table identity.organisation (
  id         text collate "C" primary key check (id = kind || ':' || code),
  kind       text collate "C" not null check (kind in ('insurer', 'town', 'operator')),
  code       text collate "C" not null,                        -- a SIREN, an INSEE code, or 'platform'
  name       text not null,
  fictitious boolean not null default false,
  unique (id, kind)
);

create table identity.account (
  id           text collate "C" primary key,                   -- opaque: the actor of events, which never names a person
  email        text not null,
  email_key    text collate "C" not null unique,               -- in lower case, made in Python: alike on every server
  password     text not null check (password like '$argon2id$%'),
  name         text not null,
  role         text collate "C" not null,
  organisation text collate "C" not null,
  made_at      timestamptz not null,
  disabled_at  timestamptz,
  -- A role is that of the organisation's kind: no account of a town can be an operator by mistake.
  foreign key (organisation, role) references identity.organisation (id, kind)
);

create table identity.session (
  sid        text collate "C" primary key,
  account    text collate "C" not null references identity.account on delete cascade,
  made_at    timestamptz not null,
  expires_at timestamptz not null,
  revoked_at timestamptz
);
create index session_account on identity.session (account);
create index session_expires on identity.session (expires_at);

-- Attempts to sign in, each counted as failed unless forgiven: a success forgives those of its address, also those
-- that are still being checked. The address typed is kept as a digest: it may be anybody's.
create table identity.sign_in_attempt (
  id       bigint generated always as identity primary key,
  whose    bytea not null,
  account  text collate "C" references identity.account on delete cascade,
  tried_at timestamptz not null,
  forgiven boolean not null default false
);
create index sign_in_attempt_whose on identity.sign_in_attempt (whose, tried_at);
create index sign_in_attempt_tried on identity.sign_in_attempt (tried_at);

alter table identity.organisation enable row level security;
alter table identity.account enable row level security;
alter table identity.session enable row level security;
alter table identity.sign_in_attempt enable row level security;

-- Begins an attempt: it counts as failed until a session is made from it, so that a hundred at once are counted too.
-- free_at is set, and nothing else, when `most` attempts for this address lie within `within` before `instant`.
create function identity.sign_in_begin(of_email_key text, instant timestamptz, most integer, within interval)
returns table (attempt bigint, free_at timestamptz, password text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
  of_whom bytea := sha256(convert_to(of_email_key, 'UTF8'));
  oldest timestamptz;
  found_id text;
  found_password text;
  made bigint;
begin
  perform pg_advisory_xact_lock(7302, hashtext(of_email_key));
  delete from identity.sign_in_attempt where id in (
    select id from identity.sign_in_attempt where tried_at <= instant - within order by tried_at limit 100
    for update skip locked);
  select tried_at into oldest from identity.sign_in_attempt
    where whose = of_whom and not forgiven and tried_at > instant - within order by tried_at desc offset most - 1 limit 1;
  if found then
    return query select null::bigint, oldest + within, null::text;
    return;
  end if;
  select a.id, a.password into found_id, found_password from identity.account a
    where a.email_key = of_email_key and a.disabled_at is null;
  insert into identity.sign_in_attempt (whose, account, tried_at) values (of_whom, found_id, instant)
    returning id into made;
  return query select made, null::timestamptz, found_password;
end $$;

-- Makes the session of an attempt whose password was right; false when the attempt was used or is gone, or the account disabled.
create function identity.session_begin(of_attempt bigint, with_sid text, instant timestamptz, until timestamptz)
returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  tried record;
begin
  -- An attempt makes one session: it stands for no account afterwards.
  update identity.sign_in_attempt t set account = null from identity.account a
    where t.id = of_attempt and a.id = t.account and a.disabled_at is null returning t.whose, a.id as account into tried;
  if not found then
    return false;
  end if;
  update identity.sign_in_attempt t set forgiven = true where t.whose = tried.whose and not t.forgiven;
  delete from identity.session s where s.sid in (
    select e.sid from identity.session e where e.expires_at < instant - interval '30 days' order by e.expires_at limit 100
    for update skip locked);
  insert into identity.session (sid, account, made_at, expires_at) values (with_sid, tried.account, instant, until);
  return true;
end $$;

-- Who a session stands for at this moment; no row once it expired, was revoked, or its account was disabled.
create function identity.session_principal(of_sid text, instant timestamptz)
returns table (account text, email text, name text, role text, code text, organisation text, fictitious boolean,
               expires_at timestamptz)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select a.id, a.email, a.name, a.role, o.code, o.name, o.fictitious, s.expires_at
  from identity.session s join identity.account a on a.id = s.account join identity.organisation o on o.id = a.organisation
  where s.sid = of_sid and s.revoked_at is null and s.expires_at > instant and a.disabled_at is null;
$$;

create function identity.session_revoke(of_sid text, instant timestamptz) returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
  update identity.session set revoked_at = instant where sid = of_sid and revoked_at is null;
$$;

-- Ends every session of an account; how many there were.
create function identity.account_revoke(of_account text, instant timestamptz) returns bigint
language sql security definer set search_path = pg_catalog, pg_temp as $$
  with revoked as (
    update identity.session set revoked_at = instant
      where account = of_account and revoked_at is null and expires_at > instant returning 1)
  select count(*) from revoked;
$$;

revoke all on all functions in schema identity from public;
grant execute on all functions in schema identity to beffroi_request;
