-- Groupings (an agglomeration, a department) that read what their communes read. Which communes is said by an operator,
-- one by one or as the directory has them on that day: no reform of boundaries opens a commune to anybody.

alter table identity.organisation drop constraint organisation_kind_check;
alter table identity.organisation add constraint organisation_kind_check
  check (kind in ('insurer', 'town', 'grouping', 'operator'));

create table identity.grouping_commune (
  organisation text collate "C" not null references identity.organisation on delete cascade check (organisation like 'grouping:%'),
  commune      text collate "C" not null,                      -- an INSEE code
  primary key (organisation, commune)
);
alter table identity.grouping_commune enable row level security;

drop function identity.session_principal(text, timestamptz);

-- Who a session stands for at this moment; no row once it expired, was revoked, or its account was disabled.
create function identity.session_principal(of_sid text, instant timestamptz)
returns table (account text, email text, name text, role text, code text, organisation text, fictitious boolean,
               expires_at timestamptz, communes text[])
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select a.id, a.email, a.name, a.role, o.code, o.name, o.fictitious, s.expires_at,
    array(select g.commune from identity.grouping_commune g where g.organisation = o.id order by g.commune)
  from identity.session s join identity.account a on a.id = s.account join identity.organisation o on o.id = a.organisation
  where s.sid = of_sid and s.revoked_at is null and s.expires_at > instant and a.disabled_at is null;
$$;
revoke all on function identity.session_principal(text, timestamptz) from public;
grant execute on function identity.session_principal(text, timestamptz) to beffroi_request;

-- The same as before, but attempts are locked in one order: two sign-ins of one account at once waited for each other.
create or replace function identity.session_begin(of_attempt bigint, with_sid text, instant timestamptz, until timestamptz)
returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  tried record;
begin
  perform from identity.sign_in_attempt t where not t.forgiven
    and t.whose = (select a.whose from identity.sign_in_attempt a where a.id = of_attempt) order by t.id for update;
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
