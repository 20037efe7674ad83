-- One schema per room, owned by the owner. Each revision grants on what it makes; here is only the way in.
revoke all on schema public from public;

create schema ledger;
create schema vault;
create schema identity;
create schema projection;
create schema directory;

grant usage on schema ledger to beffroi_append, beffroi_project, beffroi_request;
grant usage on schema identity to beffroi_request;
grant usage on schema projection, directory
  to beffroi_project, beffroi_request, beffroi_organisation, beffroi_place, beffroi_operator;
